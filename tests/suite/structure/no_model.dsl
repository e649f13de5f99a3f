// error[E0507]: holds no model
hyper d = 1
