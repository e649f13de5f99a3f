//! Projects: from a file, a variant, settings, a recipe and data to a compiled model, a session, a run.
//!
//! Every program that uses `dsc` goes through here: the command line, a test of your own models, an editor.
//!
//! | you have | you call | you get |
//! |---|---|---|
//! | a file, all of it in question | [`check::check`] | everything that is wrong with it |
//! | a [`ModelRequest`] | [`CompiledModel::open`] | its graph, hypers, sources |
//! | a folder of models | [`golden::compare`] | which compile to something else than their golden files say |
//! | a [`TrainRequest`] | [`Session::open`] | the compiled model with its data, tokens and settings |
//! | a request and an [`Engine`] | its methods | trained weights, scores, predictions |
//!
//! # Invariants
//! - Requests are plain data: they hold values as they were written, and go through JSON unchanged, so that another process can be
//!   handed one whole.
//! - Nothing here prints or ends the process. What fails comes back as [`Faults`], diagnostics with the sources they point into;
//!   what is worth a line goes to a [`Reporter`](dsc_experiment::events::Reporter).
//! - Nothing here knows libtorch. What runs on it is behind the trait [`Engine`], which `dsc-train` implements.

pub mod bench;
pub mod check;
mod compiled;
mod encoder;
pub mod engine;
mod faults;
pub mod files;
pub mod golden;
pub mod host;
mod program;
mod request;
mod saved_run;
mod session;
mod step_estimate;
mod text_input;
pub mod types;

pub use compiled::CompiledModel;
pub use encoder::{Encoder, tokens};
pub use engine::Engine;
pub use faults::{Failure, Faults};
pub use program::{bound, cached_encoder, load, load_from, open_data, options, split_variant};
pub use request::{
    AblationRequest, Assignment, BindRequest, ImportRequest, ModelRequest, RunRequest, SweepRequest, TrainRequest,
};
pub use saved_run::SavedRun;
pub use session::{OpenData, Session, training_settings};
pub use step_estimate::StepModel;
pub use text_input::TextInput;
