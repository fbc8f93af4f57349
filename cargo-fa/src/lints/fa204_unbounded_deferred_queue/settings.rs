//! What a `DeferredConfig` says, place by place.

use std::collections::BTreeMap;

use crate::api::Fact;
use crate::flow::source_of;
use crate::mir::{Analysis, Body, Call, Const, Local, Op, Operand};
use crate::model::Model;
use crate::source::Span;

/// When destructors run, of the modes that do not run all of them in each frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processing {
    Incremental(Option<u128>),
    Explicit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) grows: bool,
    /// Where the source says so; without, it is the default.
    pub(super) written: Option<Span>,
}

/// What is known of the settings in a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// `None` when it is not known.
    pub(super) policy: Option<Policy>,
    pub(super) processing: Option<(Processing, Span)>,
    pub(super) depth: Option<Span>,
}

/// The analysis.
pub(super) struct Chains<'a> {
    pub(super) model: &'a Model<'a>,
}

impl Chains<'_> {
    /// Whether a call changes settings and returns them.
    pub(super) fn changes(&self, call: &Call) -> bool {
        self.model.api(call).is_some_and(|name| name.starts_with("DeferredConfig::with_"))
    }

    fn changed(&self, before: Settings, call: &Call) -> Settings {
        let Some(given) = call.given().first() else { return before };
        let facts = self.model.facts(call);
        if facts.contains(&Fact::DeferredPolicy) {
            let grows = variant(given).map(|name| name == "Grow");
            return Settings {
                policy: grows.map(|grows| Policy { grows, written: Some(given.span) }),
                ..before
            };
        }
        if facts.contains(&Fact::BoundsDeferred) {
            return Settings { depth: Some(given.span), ..before };
        }
        if !self.model.api(call).is_some_and(|name| name.ends_with("::with_processing")) {
            return before;
        }
        let processing = match variant(given) {
            Some("Incremental") => Some(Processing::Incremental(None)),
            Some("Explicit") => Some(Processing::Explicit),
            _ => None,
        };
        Settings { processing: processing.map(|processing| (processing, given.span)), ..before }
    }
}

fn variant(operand: &Operand) -> Option<&str> {
    match &operand.value {
        Some(Const::Variant(_, name)) => Some(name),
        _ => None,
    }
}

impl Analysis for Chains<'_> {
    type State = BTreeMap<Local, Settings>;

    fn start(&self, _: &Body) -> Self::State {
        BTreeMap::new()
    }

    fn join(&self, into: &mut Self::State, other: &Self::State) {
        into.retain(|local, settings| other.get(local) == Some(settings));
    }

    fn apply(&self, body: &Body, state: &mut Self::State, op: &Op) {
        match op {
            Op::Call(call) if self.model.api(call).as_deref() == Some("DeferredConfig::default") => {
                let policy = Some(Policy { grows: true, written: None });
                state.insert(call.dest, Settings { policy, processing: None, depth: None });
            }
            Op::Call(call) if self.changes(call) => {
                let before =
                    call.receiver().and_then(|receiver| state.get(&receiver.place.whole()?)).copied();
                // Of settings that come from elsewhere only what is said here is known.
                let before = before.unwrap_or(Settings { policy: None, processing: None, depth: None });
                let mut after = self.changed(before, call);
                if let Some((Processing::Incremental(most), _)) = &mut after.processing
                    && most.is_none()
                {
                    *most = call.given().first().and_then(|given| count(body, given));
                }
                state.insert(call.dest, after);
            }
            Op::Move { from, to, .. } => {
                if let Some(to) = to.whole() {
                    match from.place.whole().and_then(|from| state.get(&from)).copied() {
                        Some(settings) => state.insert(to, settings),
                        None => state.remove(&to),
                    };
                }
            }
            _ => {}
        }
    }
}

/// The number in `Incremental(4)`.
fn count(body: &Body, variant: &Operand) -> Option<u128> {
    let local = source_of(body, variant.place.whole()?)?;
    body.ops().find_map(|(_, op)| match op {
        Op::Aggregate { dest, parts, .. } if *dest == local => match parts.first()?.value {
            Some(Const::Int(number)) => Some(number),
            _ => None,
        },
        _ => None,
    })
}
