//! The program as users run it: each command, option and key, with its effect.

mod baseline;
mod commands;
mod configuration;
mod fixes;
mod formats;
mod levels;
mod selection;
mod support;
