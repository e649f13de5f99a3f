use dsc_experiment::events::Silent;
use dsc_graph::passes::PIPELINE;
use dsc_project::TrainRequest;
use dsc_project::bench::BenchRequest;

/// What the simulation says of a step is what the process holds, on models of different kinds. The test is meant for a process of its
/// own, as nextest starts it: resident memory is that of all tests.
#[test]
fn the_memory_of_a_step_is_what_the_simulation_says() {
    for (model, batch) in [("late_fusion", "256"), ("dashfusion", "64"), ("dashfusion_released", "48")] {
        let request = BenchRequest {
            train: TrainRequest { threads: Some(1), ..TrainRequest::new(model, "demo").with("batch", batch) },
            passes: PIPELINE.iter().map(|pass| pass.name.to_owned()).collect(),
            steps: 2,
        };
        let memory = super::bench(&request, &mut Silent).unwrap().memory;
        let (Some(above), Some(between)) = (memory.above, memory.between) else { continue };
        let (step, predicted) = ((above - between) as f64, memory.predicted.unwrap() as f64);
        assert!((predicted / step - 1.0).abs() < 0.2, "{model}: {step} measured, {predicted} predicted, {memory:?}");
    }
}
