//! Signing keys: rotation and outage.

pub mod outage;
pub mod outage_answer;
mod outage_scene;
pub mod rotation;
