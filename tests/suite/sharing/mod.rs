//! Frame memory that other threads read.

mod attribution;
mod exit;
mod handles;
mod hostile;
mod pipeline;
mod races;
