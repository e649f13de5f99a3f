input audio : Seq<audio>[Ta, fa]
recipe sims { epochs = 3 }
block Block<w>(x: Vec[w]) -> Vec[w] { x }
model M {}
