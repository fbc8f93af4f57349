//! Functions as graphs of basic blocks, with the types of everything and the functions that calls name.
//!
//! ```text
//! fn f(a: &SmartAlloc) -> R {        block 0: begin = call SmartAlloc::begin_frame(&a)
//!     a.begin_frame();                        x = call SmartAlloc::frame_box(&a, 1)
//!     let x = a.frame_box(1);                 branch -> 1, 2
//!     if c { return; }               block 1: exit return; drop x; -> end
//!     drop(x);                       block 2: call drop(x); ...
//! ```
//!
//! A value that is used by name moves, one behind `&` or a `&self` method is used; what is left in a scope is dropped at
//! its end, on every way out of it. A closure is a body of its own in the same function, with its captures and what runs
//! it.
//!
//! | module | role |
//! |---|---|
//! | `build` | the state of lowering: blocks, scopes, variables |
//! | `exprs`, `stmts` | expressions and statements |
//! | `consts` | values that the source spells out |
//! | `calls` | what a call names, its arguments, its type |
//! | `foreign` | the same for what is not in the index |
//! | `pats` | patterns |
//! | `dataflow` | forward analyses over the graph |

mod build;
mod calls;
mod consts;
mod control;
mod dataflow;
mod exprs;
mod foreign;
mod pats;
mod stmts;

pub(crate) use crate::infer::Run;
pub(crate) use build::lower_function;
pub(crate) use dataflow::{Analysis, Results, solve};

use crate::index::{BodyKey, FnId, StaticId, Ty};
use crate::source::Span;

/// A variable or a temporary of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Local(pub(crate) u32);

/// A basic block of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BlockId(pub(crate) u32);

/// A loop of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LoopId(pub(crate) u32);

#[derive(Clone, Debug)]
pub(crate) struct LocalData {
    /// `None` for a temporary.
    pub(crate) name: Option<String>,
    pub(crate) ty: Ty,
    /// Where it is declared, or the expression.
    pub(crate) span: Span,
    pub(crate) kind: LocalKind,
    /// The innermost loop around its declaration.
    pub(crate) in_loop: Option<LoopId>,
    /// What it is set to where it is declared.
    pub(crate) value: Option<Const>,
    /// How many items it has, where the source spells it out: arrays, ranges, iterators over them.
    pub(crate) len: Option<u128>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalKind {
    Param,
    /// A variable of the body around, seen from a closure.
    Captured(Local),
    Variable,
    Temporary,
}

/// What a place starts at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Root {
    Local(Local),
    Static(StaticId),
}

/// A variable, a field of one, what it points to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) root: Root,
    /// Names of fields, `*` for what is behind a pointer, `[]` for an element.
    pub(crate) fields: Vec<String>,
}

impl Place {
    pub(crate) fn local(local: Local) -> Self {
        Self { root: Root::Local(local), fields: Vec::new() }
    }

    /// The variable itself, no part of it.
    pub(crate) fn whole(&self) -> Option<Local> {
        match self.root {
            Root::Local(local) if self.fields.is_empty() => Some(local),
            _ => None,
        }
    }

    pub(crate) fn root_local(&self) -> Option<Local> {
        match self.root {
            Root::Local(local) => Some(local),
            Root::Static(_) => None,
        }
    }
}

/// One operand.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) place: Place,
    pub(crate) ty: Ty,
    pub(crate) span: Span,
    /// It is borrowed, not moved.
    pub(crate) by_ref: bool,
    /// Its value, where the source spells it out.
    pub(crate) value: Option<Const>,
}

/// A value that the source spells out, constants and variables that are set once followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Const {
    Int(u128),
    Str(String),
    Bool(bool),
    /// A variant by the names of its type and itself: `QueueFullPolicy`, `Grow`.
    Variant(String, String),
    /// A function that is named without being called.
    Fn(FnId),
}

/// What a call names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// A function of framealloc or of the linted crates.
    Fn(FnId),
    /// A closure of this function.
    Closure(BodyKey),
    /// A variable that holds a function.
    Value(Local),
    /// Something elsewhere: `std::mem::drop`, `Vec::push`; methods by the type's name.
    Foreign(String),
    /// A macro, by its name.
    Macro(String),
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    /// The receiver comes first when it is a method.
    pub(crate) args: Vec<Operand>,
    /// The first argument is what the method was called on.
    pub(crate) has_receiver: bool,
    pub(crate) dest: Local,
    /// Which arguments something from elsewhere calls: closures, functions, variables that hold one.
    pub(crate) runs: Vec<Ran>,
    pub(crate) span: Span,
    pub(crate) name_span: Span,
}

/// A function among the arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    /// Its place in [`Call::args`].
    pub(crate) arg: usize,
    pub(crate) run: Run,
}

impl Call {
    pub(crate) fn receiver(&self) -> Option<&Operand> {
        if self.has_receiver { self.args.first() } else { None }
    }

    /// The arguments in parentheses.
    pub(crate) fn given(&self) -> &[Operand] {
        &self.args[usize::from(self.has_receiver)..]
    }
}

/// How a body is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Return,
    /// `?`
    Question,
    /// Its last expression.
    End,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Call(Box<Call>),
    /// `to = from`; also `let to = from`.
    Move {
        from: Operand,
        to: Place,
        span: Span,
    },
    /// A struct, tuple, array or variant made of parts; `fields` are their names, `[]` for elements and the rest.
    Aggregate {
        dest: Local,
        parts: Vec<Operand>,
        fields: Vec<String>,
        span: Span,
    },
    /// A closure is made; its captures are moved or borrowed.
    Closure {
        dest: Local,
        body: BodyKey,
        captures: Vec<Operand>,
        span: Span,
    },
    /// A place is read or borrowed.
    Use {
        place: Place,
        span: Span,
    },
    /// The scope of a variable ends.
    Drop {
        local: Local,
        span: Span,
    },
    Await {
        span: Span,
    },
    /// `break` or `continue`.
    Jump {
        span: Span,
    },
    /// The body is left; drops of what is in scope follow.
    Exit {
        kind: Exit,
        value: Option<Operand>,
        span: Span,
    },
}

impl Op {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Call(call) => call.span,
            Self::Move { span, .. }
            | Self::Aggregate { span, .. }
            | Self::Closure { span, .. }
            | Self::Use { span, .. }
            | Self::Drop { span, .. }
            | Self::Await { span }
            | Self::Jump { span }
            | Self::Exit { span, .. } => *span,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) ops: Vec<Op>,
    /// None: the body ends here, or the program does.
    pub(crate) next: Vec<BlockId>,
    pub(crate) in_loop: Option<LoopId>,
    /// It ends in a panic or in what never returns.
    pub(crate) diverges: bool,
    /// What is compared here, by size or for being equal.
    pub(crate) compared: Vec<Place>,
    /// What is added to here, or taken from.
    pub(crate) counted: Vec<Place>,
}

/// How often a loop can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Over a range whose length is spelled out.
    Constant(u128),
    /// Over something that is there: a slice, a map, a range up to a variable.
    Iterator(Ty),
    /// `while a < b`
    Compared,
    /// `loop`, `while let`, a condition that compares nothing, a channel.
    Open,
}

#[derive(Clone, Debug)]
pub(crate) struct LoopData {
    pub(crate) span: Span,
    pub(crate) bound: Bound,
    pub(crate) parent: Option<LoopId>,
    /// What a `for` loop runs over.
    pub(crate) source: Option<Place>,
}

/// A variable of the body around that a closure uses.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    pub(crate) outer: Local,
    pub(crate) inner: Local,
    pub(crate) by_ref: bool,
}

/// A function or a closure.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) span: Span,
    pub(crate) locals: Vec<LocalData>,
    pub(crate) params: Vec<Local>,
    pub(crate) captures: Vec<Capture>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) loops: Vec<LoopData>,
    pub(crate) ret: Ty,
    /// The body in which a closure is written.
    pub(crate) parent: Option<BodyKey>,
    /// What runs it, where, and in which loop there; empty for a function.
    pub(crate) runs: Vec<RunSite>,
}

#[derive(Clone, Debug)]
pub(crate) struct RunSite {
    pub(crate) run: Run,
    /// The body that the call is in.
    pub(crate) at: BodyKey,
    /// The call that it is given to.
    pub(crate) span: Span,
    /// What the method that runs it was called on: its parameters come from there.
    pub(crate) source: Option<Place>,
}

impl Body {
    pub(crate) fn local(&self, local: Local) -> &LocalData {
        &self.locals[local.0 as usize]
    }

    pub(crate) fn block(&self, block: BlockId) -> &Block {
        &self.blocks[block.0 as usize]
    }

    pub(crate) fn loop_(&self, id: LoopId) -> &LoopData {
        &self.loops[id.0 as usize]
    }

    /// Every operation with its block, in the order of the source.
    pub(crate) fn ops(&self) -> impl Iterator<Item = (BlockId, &Op)> {
        self.blocks
            .iter()
            .enumerate()
            .flat_map(|(index, block)| block.ops.iter().map(move |op| (BlockId(index as u32), op)))
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = (BlockId, &Call)> {
        self.ops().filter_map(|(block, op)| match op {
            Op::Call(call) => Some((block, &**call)),
            _ => None,
        })
    }

    /// The loops around a block, innermost first.
    pub(crate) fn loops_around(&self, block: BlockId) -> impl Iterator<Item = LoopId> {
        std::iter::successors(self.block(block).in_loop, |id| self.loop_(*id).parent)
    }
}

/// A function with its closures; the function itself comes first.
#[derive(Clone, Debug)]
pub(crate) struct FnBody {
    pub(crate) function: FnId,
    pub(crate) bodies: Vec<Body>,
}

impl FnBody {
    pub(crate) fn main(&self) -> &Body {
        &self.bodies[0]
    }

    pub(crate) fn body(&self, key: BodyKey) -> &Body {
        &self.bodies[key.0 as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (BodyKey, &Body)> {
        self.bodies.iter().enumerate().map(|(index, body)| (BodyKey(index as u32), body))
    }
}
