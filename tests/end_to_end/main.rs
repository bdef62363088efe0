//! The real programs together, as a user runs them: one module per journey, its snapshots beside it.

mod access;
mod bad_targets;
mod hostile;
mod judgement;
mod launch;
mod matrix;
mod programs;
mod readme;
mod run;
