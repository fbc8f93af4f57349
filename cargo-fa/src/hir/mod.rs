//! The source as a tree of its own: what lints need of it, with ranges of bytes, and free to move between threads.
//!
//! `syn` keeps its spans in a table of the thread that parsed, so a file is lowered where it was parsed. Nothing is
//! resolved here: a path is the names that were written. What is inside of functions is a range of the text until
//! somebody asks for it; of most functions nobody does ([`crate::demand`]).
//!
//! | module | lowers |
//! |---|---|
//! | `items` | functions, types, impls, uses |
//! | `exprs`, `pats` | expressions, statements, patterns |
//! | `types` | types and paths |
//! | `attrs` | attributes and `cfg` |
//! | `depth` | how deep a file may nest |
//! | `skeleton` | a file without what is inside of its functions |
//! | `macros` | the arguments of macros that read as expressions, and `thread_local!` |

mod attrs;
mod depth;
mod exprs;
mod items;
mod lower;
mod macros;
mod pats;
mod skeleton;
mod types;

pub(crate) use attrs::{Attr, AttrArg, AttrValue, Attrs, When};
pub(crate) use lower::{ParseError, lower_body, lower_file, parse};

use crate::source::Span;

/// A name where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// One segment of a path with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) args: Vec<TypeRef>,
    /// `Item = T` of a bound, and the output of `Fn(..) -> T` as `Output`.
    pub(crate) bindings: Vec<(String, TypeRef)>,
}

/// A path as written: `crate::memory::Heaps::<T>::new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// `::name`.
    pub(crate) absolute: bool,
    /// `T` of `<T as Trait>::name` and of `<T>::name`; the segments of the trait come first in the path.
    pub(crate) qself: Option<Box<TypeRef>>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) span: Span,
}

impl Path {
    /// The only name of a path of one.
    pub(crate) fn single(&self) -> Option<&str> {
        match &self.segments[..] {
            [only] if !self.absolute && self.qself.is_none() => Some(&only.name),
            _ => None,
        }
    }

    pub(crate) fn last(&self) -> &Segment {
        self.segments.last().expect("a path has a segment")
    }
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeRef {
    Path(Path),
    /// `&T`, `&mut T`, `*const T`.
    Ref(Box<TypeRef>),
    Tuple(Vec<TypeRef>),
    /// `[T]`.
    Slice(Box<TypeRef>),
    /// `[T; N]`.
    Array(Box<TypeRef>, ArrayLen),
    /// `fn(A) -> B`.
    Fn(Vec<TypeRef>, Box<TypeRef>),
    /// `impl A + B`, `dyn A + B`: the bounds.
    Bounds(Vec<Path>),
    /// `_`, and whatever has no form here.
    Unknown,
}

/// The length of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArrayLen {
    Literal(u128),
    /// A constant, or a parameter.
    Named(Path),
    Other,
}

/// A file, or the items of a module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(crate) items: Vec<Item>,
}

/// An item.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Use(Vec<Import>),
    Mod(Module),
    Fn(Function),
    /// Structs, unions and enums.
    Type(TypeDef),
    Alias(Alias),
    /// `static`, `const` and the statics of `thread_local!`.
    Static(Static),
    Impl(Impl),
    Trait(Trait),
}

/// One leaf of a `use`.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) absolute: bool,
    pub(crate) path: Vec<String>,
    pub(crate) what: Imported,
}

/// What a `use` brings into scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Imported {
    /// The path's last name, or the one after `as`.
    Name(String),
    /// `*`
    All,
}

#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// `None` when it is a file of its own.
    pub(crate) items: Option<Items>,
    /// `#[path = ".."]`.
    pub(crate) path: Option<String>,
    pub(crate) when: When,
}

/// A generic parameter with its bounds, those of the `where` clause included.
#[derive(Clone, Debug)]
pub(crate) struct Generic {
    pub(crate) name: String,
    pub(crate) bounds: Vec<Path>,
}

#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: Name,
    pub(crate) attrs: Attrs,
    pub(crate) generics: Vec<Generic>,
    /// `self`, with whether it is taken by value.
    pub(crate) receiver: Option<Receiver>,
    pub(crate) params: Vec<Param>,
    pub(crate) ret: TypeRef,
    pub(crate) body: Option<Body>,
}

/// What is inside of a function.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// From brace to brace: nobody has asked for it.
    Unread(Span),
    Read(Block),
}

impl Body {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Unread(span) => *span,
            Self::Read(block) => block.span,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    Value,
    Ref,
}

#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) pat: Pat,
    pub(crate) ty: TypeRef,
}

/// A struct, union or enum.
#[derive(Clone, Debug)]
pub(crate) struct TypeDef {
    pub(crate) name: Name,
    pub(crate) generics: Vec<String>,
    /// Fields; those of tuple structs are `0`, `1`, ...
    pub(crate) fields: Vec<Field>,
    pub(crate) variants: Vec<Variant>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) ty: TypeRef,
}

#[derive(Clone, Debug)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) generics: Vec<String>,
    pub(crate) ty: TypeRef,
}

#[derive(Clone, Debug)]
pub(crate) struct Static {
    pub(crate) name: Name,
    pub(crate) ty: TypeRef,
    pub(crate) kind: StaticKind,
    pub(crate) init: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StaticKind {
    Const,
    Static,
    ThreadLocal,
}

#[derive(Clone, Debug)]
pub(crate) struct Impl {
    pub(crate) generics: Vec<Generic>,
    pub(crate) of_trait: Option<Path>,
    pub(crate) self_ty: TypeRef,
    pub(crate) functions: Vec<Function>,
    /// `type Target = T;`
    pub(crate) types: Vec<(String, TypeRef)>,
    pub(crate) consts: Vec<Static>,
}

#[derive(Clone, Debug)]
pub(crate) struct Trait {
    pub(crate) name: String,
    pub(crate) generics: Vec<String>,
    pub(crate) functions: Vec<Function>,
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) stmts: Vec<Stmt>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Stmt {
    Let(Box<Let>),
    /// An expression; its value is the block's when it is the last statement without a semicolon.
    Expr {
        expr: Expr,
        semicolon: bool,
    },
    Item(Item),
}

#[derive(Clone, Debug)]
pub(crate) struct Let {
    pub(crate) attrs: Attrs,
    pub(crate) pat: Pat,
    pub(crate) ty: Option<TypeRef>,
    pub(crate) init: Option<Expr>,
    /// `else { .. }`
    pub(crate) diverge: Option<Expr>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Path(Path),
    Lit(Lit),
    Call {
        callee: Box<Expr>,
        args: Vec<Expr>,
    },
    MethodCall {
        receiver: Box<Expr>,
        name: Name,
        turbofish: Vec<TypeRef>,
        args: Vec<Expr>,
    },
    Field {
        base: Box<Expr>,
        name: Name,
    },
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    /// `&e`, `&mut e`.
    Ref(Box<Expr>),
    /// `*e`
    Deref(Box<Expr>),
    Unary(Box<Expr>),
    Binary(Box<Expr>, BinOp, Box<Expr>),
    /// `a = b`; `a += b` is one with `compound`.
    Assign {
        target: Box<Expr>,
        value: Box<Expr>,
        compound: bool,
    },
    Block {
        block: Block,
        label: Option<String>,
        kind: BlockKind,
    },
    If {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
    /// `let p = e` as a condition.
    Let {
        pat: Pat,
        value: Box<Expr>,
    },
    Match {
        scrutinee: Box<Expr>,
        arms: Vec<Arm>,
    },
    Loop {
        source: LoopSource,
        body: Block,
        label: Option<String>,
    },
    Break {
        label: Option<String>,
        value: Option<Box<Expr>>,
    },
    Continue {
        label: Option<String>,
    },
    Return(Option<Box<Expr>>),
    Try(Box<Expr>),
    Await(Box<Expr>),
    Closure(Box<Closure>),
    /// `T { field: e, ..rest }`
    Struct {
        path: Path,
        fields: Vec<(Name, Expr)>,
        rest: Option<Box<Expr>>,
    },
    Tuple(Vec<Expr>),
    Array(Vec<Expr>),
    /// `[e; n]`
    Repeat {
        value: Box<Expr>,
        count: Box<Expr>,
    },
    Range {
        start: Option<Box<Expr>>,
        end: Option<Box<Expr>>,
        closed: bool,
    },
    Cast(Box<Expr>, TypeRef),
    /// A macro with the expressions in it, when it reads as such.
    Macro {
        path: Path,
        args: Vec<Expr>,
    },
    /// What has no form here, with what is inside.
    Other(Vec<Expr>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lit {
    Int(u128),
    Str(String),
    Bool(bool),
    Other,
}

/// An operator, as far as constants and bounds of loops need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Shl,
    /// `<`, `<=`, `>`, `>=`, `!=`
    Compare,
    /// `==`
    Equal,
    /// `&&`
    And,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Plain,
    Unsafe,
    Const,
    Async { moves: bool },
}

#[derive(Clone, Debug)]
pub(crate) enum LoopSource {
    Loop,
    While(Box<Expr>),
    For { pat: Pat, iter: Box<Expr> },
}

#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub(crate) pat: Pat,
    pub(crate) guard: Option<Expr>,
    pub(crate) body: Expr,
}

#[derive(Clone, Debug)]
pub(crate) struct Closure {
    pub(crate) params: Vec<Param>,
    pub(crate) ret: TypeRef,
    pub(crate) body: Expr,
    pub(crate) moves: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Pat {
    Bind {
        name: Name,
        by_ref: bool,
        mutable: bool,
        sub: Option<Box<Pat>>,
    },
    Tuple(Vec<Pat>),
    TupleStruct {
        path: Path,
        pats: Vec<Pat>,
    },
    Struct {
        path: Path,
        fields: Vec<(String, Pat)>,
    },
    Ref(Box<Pat>),
    Or(Vec<Pat>),
    Slice(Vec<Pat>),
    Typed(Box<Pat>, TypeRef),
    /// A constant, a unit variant, a literal, a range.
    Value,
    Wild,
}
