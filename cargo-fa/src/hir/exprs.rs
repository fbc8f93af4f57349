//! Expressions, statements and patterns.
//!
//! The span of a node is put together from its tokens and its children: asking `syn` for it would write the whole
//! node out again.

use super::lower::Lowering;
use super::types::name_of;
use super::{
    Arm, BinOp, Block, BlockKind, Closure, Expr, ExprKind, Let, Lit, LoopSource, Name, Param, Path, Stmt,
    TypeRef,
};
use crate::source::Span;

/// How many expressions may be around another one. Operators nest without brackets.
const MAX_DEPTH: usize = 1500;

impl Lowering<'_> {
    pub(super) fn block(&self, block: &syn::Block) -> Block {
        Block { stmts: self.stmts(&block.stmts), span: self.delimited(&block.brace_token.span) }
    }

    pub(super) fn stmts(&self, stmts: &[syn::Stmt]) -> Vec<Stmt> {
        stmts.iter().flat_map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&self, stmt: &syn::Stmt) -> Vec<Stmt> {
        match stmt {
            syn::Stmt::Local(local) if self.enabled(&local.attrs) => {
                vec![Stmt::Let(Box::new(self.local(local)))]
            }
            syn::Stmt::Local(_) => Vec::new(),
            syn::Stmt::Item(item) => self.item(item).into_iter().map(Stmt::Item).collect(),
            syn::Stmt::Expr(expr, semicolon) => {
                vec![Stmt::Expr { expr: self.expr(expr), semicolon: semicolon.is_some() }]
            }
            syn::Stmt::Macro(stmt) => {
                let items = self.item_macro(&stmt.mac);
                if !items.is_empty() {
                    return items.into_iter().map(Stmt::Item).collect();
                }
                let expr = self.macro_expr(&stmt.mac);
                vec![Stmt::Expr { expr, semicolon: stmt.semi_token.is_some() }]
            }
        }
    }

    fn local(&self, local: &syn::Local) -> Let {
        let (pat, ty) = match &local.pat {
            syn::Pat::Type(typed) => (self.pat(&typed.pat), Some(self.ty(&typed.ty))),
            pat => (self.pat(pat), None),
        };
        let start = local.attrs.first().map_or(local.let_token.span, |attr| attr.pound_token.spans[0]);
        Let {
            attrs: self.attrs(&local.attrs),
            pat,
            ty,
            init: local.init.as_ref().map(|init| self.expr(&init.expr)),
            diverge: local
                .init
                .as_ref()
                .and_then(|init| init.diverge.as_ref())
                .map(|(_, diverge)| self.expr(diverge)),
            span: self.span(start).to(self.span(local.semi_token.spans[0])),
        }
    }

    fn boxed(&self, expr: &syn::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn exprs<'e>(&self, exprs: impl IntoIterator<Item = &'e syn::Expr>) -> Vec<Expr> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    pub(super) fn expr(&self, expr: &syn::Expr) -> Expr {
        let depth = self.depth.replace(self.depth.get() + 1);
        let lowered = if depth < MAX_DEPTH { self.expr_inside(expr) } else { self.nothing() };
        self.depth.set(depth);
        lowered
    }

    /// What is too deep for those who walk the tree: one sum of thousands of terms, for example.
    #[cold]
    fn nothing(&self) -> Expr {
        let span = Span { file: self.file, start: 0, end: 0 };
        Expr { kind: ExprKind::Other(Vec::new()), span }
    }

    fn expr_inside(&self, expr: &syn::Expr) -> Expr {
        match expr {
            syn::Expr::Path(path) => {
                let path = self.path(path.qself.as_ref(), &path.path);
                Expr { span: path.span, kind: ExprKind::Path(path) }
            }
            syn::Expr::Lit(lit) => {
                Expr { kind: ExprKind::Lit(literal(&lit.lit)), span: self.span(lit.lit.span()) }
            }
            syn::Expr::Call(call) => {
                let callee = self.boxed(&call.func);
                let span = callee.span.to(self.span(call.paren_token.span.close()));
                Expr { kind: ExprKind::Call { callee, args: self.exprs(&call.args) }, span }
            }
            syn::Expr::MethodCall(call) => {
                let receiver = self.boxed(&call.receiver);
                let span = receiver.span.to(self.span(call.paren_token.span.close()));
                let kind = ExprKind::MethodCall {
                    receiver,
                    name: self.name(&call.method),
                    turbofish: self.turbofish(call.turbofish.as_ref()),
                    args: self.exprs(&call.args),
                };
                Expr { kind, span }
            }
            syn::Expr::Field(field) => {
                let base = self.boxed(&field.base);
                let name = self.member(&field.member);
                let span = base.span.to(name.span);
                Expr { kind: ExprKind::Field { base, name }, span }
            }
            syn::Expr::Index(index) => {
                let base = self.boxed(&index.expr);
                let span = base.span.to(self.span(index.bracket_token.span.close()));
                Expr { kind: ExprKind::Index { base, index: self.boxed(&index.index) }, span }
            }
            syn::Expr::Reference(reference) => {
                self.prefixed(reference.and_token.spans[0], &reference.expr, ExprKind::Ref)
            }
            syn::Expr::Unary(unary) => match unary.op {
                syn::UnOp::Deref(star) => self.prefixed(star.spans[0], &unary.expr, ExprKind::Deref),
                syn::UnOp::Not(token) => self.prefixed(token.spans[0], &unary.expr, ExprKind::Unary),
                syn::UnOp::Neg(token) => self.prefixed(token.spans[0], &unary.expr, ExprKind::Unary),
                _ => self.boxed(&unary.expr).into_other(),
            },
            syn::Expr::Binary(binary) => self.binary(binary),
            syn::Expr::Assign(assign) => self.assign(&assign.left, &assign.right, false),
            syn::Expr::Block(block) => {
                let label = block.label.as_ref();
                self.block_expr(&block.block, label, BlockKind::Plain)
            }
            syn::Expr::Unsafe(block) => self.block_expr(&block.block, None, BlockKind::Unsafe),
            syn::Expr::Const(block) => self.block_expr(&block.block, None, BlockKind::Const),
            syn::Expr::Async(block) => {
                let kind = BlockKind::Async { moves: block.capture.is_some() };
                self.block_expr(&block.block, None, kind)
            }
            syn::Expr::If(branch) => {
                let condition = self.boxed(&branch.cond);
                let then = self.block_expr(&branch.then_branch, None, BlockKind::Plain);
                let otherwise = branch.else_branch.as_ref().map(|(_, otherwise)| self.boxed(otherwise));
                let end = otherwise.as_ref().map_or(then.span, |otherwise| otherwise.span);
                let span = self.span(branch.if_token.span).to(end);
                Expr { kind: ExprKind::If { condition, then: Box::new(then), otherwise }, span }
            }
            syn::Expr::Let(condition) => {
                let value = self.boxed(&condition.expr);
                let span = self.span(condition.let_token.span).to(value.span);
                Expr { kind: ExprKind::Let { pat: self.pat(&condition.pat), value }, span }
            }
            syn::Expr::Match(matching) => {
                let span =
                    self.span(matching.match_token.span).to(self.span(matching.brace_token.span.close()));
                let arms = matching.arms.iter().filter(|arm| self.enabled(&arm.attrs));
                let arms = arms.map(|arm| self.arm(arm)).collect();
                Expr { kind: ExprKind::Match { scrutinee: self.boxed(&matching.expr), arms }, span }
            }
            syn::Expr::Loop(looping) => {
                self.looping(looping.loop_token.span, LoopSource::Loop, &looping.body, looping.label.as_ref())
            }
            syn::Expr::While(looping) => {
                let source = LoopSource::While(self.boxed(&looping.cond));
                self.looping(looping.while_token.span, source, &looping.body, looping.label.as_ref())
            }
            syn::Expr::ForLoop(looping) => {
                let source = LoopSource::For { pat: self.pat(&looping.pat), iter: self.boxed(&looping.expr) };
                self.looping(looping.for_token.span, source, &looping.body, looping.label.as_ref())
            }
            syn::Expr::Break(leave) => {
                let value = leave.expr.as_ref().map(|value| self.boxed(value));
                let token = self.span(leave.break_token.span);
                let span = value.as_ref().map_or(token, |value| token.to(value.span));
                Expr { kind: ExprKind::Break { label: label(leave.label.as_ref()), value }, span }
            }
            syn::Expr::Continue(again) => Expr {
                kind: ExprKind::Continue { label: label(again.label.as_ref()) },
                span: self.span(again.continue_token.span),
            },
            syn::Expr::Return(leave) => {
                let value = leave.expr.as_ref().map(|value| self.boxed(value));
                let token = self.span(leave.return_token.span);
                let span = value.as_ref().map_or(token, |value| token.to(value.span));
                Expr { kind: ExprKind::Return(value), span }
            }
            syn::Expr::Try(attempt) => {
                let inner = self.boxed(&attempt.expr);
                let span = inner.span.to(self.span(attempt.question_token.spans[0]));
                Expr { kind: ExprKind::Try(inner), span }
            }
            syn::Expr::Await(waiting) => {
                let inner = self.boxed(&waiting.base);
                let span = inner.span.to(self.span(waiting.await_token.span));
                Expr { kind: ExprKind::Await(inner), span }
            }
            syn::Expr::Closure(closure) => self.closure(closure),
            syn::Expr::Struct(literal) => {
                let path = self.path(literal.qself.as_ref(), &literal.path);
                let span = path.span.to(self.span(literal.brace_token.span.close()));
                let fields =
                    literal.fields.iter().map(|field| (self.member(&field.member), self.expr(&field.expr)));
                let fields = fields.collect();
                let rest = literal.rest.as_ref().map(|rest| self.boxed(rest));
                Expr { kind: ExprKind::Struct { path, fields, rest }, span }
            }
            syn::Expr::Tuple(tuple) => {
                let span = self.delimited(&tuple.paren_token.span);
                Expr { kind: ExprKind::Tuple(self.exprs(&tuple.elems)), span }
            }
            syn::Expr::Array(array) => {
                let span = self.delimited(&array.bracket_token.span);
                Expr { kind: ExprKind::Array(self.exprs(&array.elems)), span }
            }
            syn::Expr::Repeat(repeat) => {
                let span = self.delimited(&repeat.bracket_token.span);
                let kind =
                    ExprKind::Repeat { value: self.boxed(&repeat.expr), count: self.boxed(&repeat.len) };
                Expr { kind, span }
            }
            syn::Expr::Range(range) => self.range(range),
            syn::Expr::Cast(cast) => {
                let inner = self.boxed(&cast.expr);
                let span = inner.span.to(self.small(&cast.ty));
                Expr { kind: ExprKind::Cast(inner, self.ty(&cast.ty)), span }
            }
            syn::Expr::Paren(paren) => {
                Expr { span: self.delimited(&paren.paren_token.span), ..self.expr(&paren.expr) }
            }
            syn::Expr::Group(group) => self.expr(&group.expr),
            syn::Expr::Macro(call) => self.macro_expr(&call.mac),
            syn::Expr::RawAddr(raw) => self.boxed(&raw.expr).into_other(),
            syn::Expr::Yield(raw) => {
                let inner = raw.expr.iter().map(|inner| self.expr(inner)).collect();
                Expr { kind: ExprKind::Other(inner), span: self.span(raw.yield_token.span) }
            }
            syn::Expr::TryBlock(block) => self.block_expr(&block.block, None, BlockKind::Plain),
            other => Expr { kind: ExprKind::Other(Vec::new()), span: self.small(other) },
        }
    }

    fn prefixed(
        &self,
        token: proc_macro2::Span,
        inner: &syn::Expr,
        kind: impl FnOnce(Box<Expr>) -> ExprKind,
    ) -> Expr {
        let inner = self.boxed(inner);
        Expr { span: self.span(token).to(inner.span), kind: kind(inner) }
    }

    fn binary(&self, binary: &syn::ExprBinary) -> Expr {
        use syn::BinOp::*;
        let compound = matches!(
            binary.op,
            AddAssign(_)
                | SubAssign(_)
                | MulAssign(_)
                | DivAssign(_)
                | RemAssign(_)
                | BitXorAssign(_)
                | BitAndAssign(_)
                | BitOrAssign(_)
                | ShlAssign(_)
                | ShrAssign(_)
        );
        if compound {
            return self.assign(&binary.left, &binary.right, true);
        }
        let (left, right) = (self.boxed(&binary.left), self.boxed(&binary.right));
        let op = match binary.op {
            Add(_) => BinOp::Add,
            Sub(_) => BinOp::Sub,
            Mul(_) => BinOp::Mul,
            Div(_) => BinOp::Div,
            Shl(_) => BinOp::Shl,
            Lt(_) | Le(_) | Gt(_) | Ge(_) | Ne(_) => BinOp::Compare,
            Eq(_) => BinOp::Equal,
            And(_) => BinOp::And,
            _ => BinOp::Other,
        };
        Expr { span: left.span.to(right.span), kind: ExprKind::Binary(left, op, right) }
    }

    fn assign(&self, target: &syn::Expr, value: &syn::Expr, compound: bool) -> Expr {
        let (target, value) = (self.boxed(target), self.boxed(value));
        Expr { span: target.span.to(value.span), kind: ExprKind::Assign { target, value, compound } }
    }

    fn block_expr(&self, block: &syn::Block, label: Option<&syn::Label>, kind: BlockKind) -> Expr {
        let block = self.block(block);
        let label = label.map(|label| name_of(&label.name.ident));
        Expr { span: block.span, kind: ExprKind::Block { block, label, kind } }
    }

    fn looping(
        &self,
        token: proc_macro2::Span,
        source: LoopSource,
        body: &syn::Block,
        label: Option<&syn::Label>,
    ) -> Expr {
        let body = self.block(body);
        let span = self.span(token).to(body.span);
        let label = label.map(|label| name_of(&label.name.ident));
        Expr { kind: ExprKind::Loop { source, body, label }, span }
    }

    fn arm(&self, arm: &syn::Arm) -> Arm {
        let (pat, guard) = match &arm.pat {
            syn::Pat::Guard(guarded) => (&*guarded.pat, Some(self.expr(&guarded.guard))),
            pat => (pat, None),
        };
        Arm { pat: self.pat(pat), guard, body: self.expr(&arm.body) }
    }

    fn closure(&self, closure: &syn::ExprClosure) -> Expr {
        let params = closure.inputs.iter().map(|input| match input {
            syn::Pat::Type(typed) => Param { pat: self.pat(&typed.pat), ty: self.ty(&typed.ty) },
            pat => Param { pat: self.pat(pat), ty: TypeRef::Unknown },
        });
        let params = params.collect();
        let body = self.expr(&closure.body);
        let start = closure.capture.map_or(closure.inputs_begin.spans[0], |token| token.span);
        let span = self.span(start).to(body.span);
        let ret = match &closure.output {
            syn::ReturnType::Default => TypeRef::Unknown,
            syn::ReturnType::Type(_, ty) => self.ty(ty),
        };
        let moves = closure.capture.is_some();
        Expr { kind: ExprKind::Closure(Box::new(Closure { params, ret, body, moves })), span }
    }

    fn range(&self, range: &syn::ExprRange) -> Expr {
        let start = range.start.as_ref().map(|start| self.boxed(start));
        let end = range.end.as_ref().map(|end| self.boxed(end));
        let dots = match range.limits {
            syn::RangeLimits::HalfOpen(dots) => self.span(dots.spans[0]),
            syn::RangeLimits::Closed(dots) => self.span(dots.spans[0]),
        };
        let from = start.as_ref().map_or(dots, |start| start.span);
        let to = end.as_ref().map_or(dots, |end| end.span);
        let closed = matches!(range.limits, syn::RangeLimits::Closed(_));
        Expr { kind: ExprKind::Range { start, end, closed }, span: from.to(to) }
    }

    pub(super) fn delimited(&self, delimiters: &proc_macro2::extra::DelimSpan) -> Span {
        self.span(delimiters.open()).to(self.span(delimiters.close()))
    }

    pub(super) fn member(&self, member: &syn::Member) -> Name {
        match member {
            syn::Member::Named(name) => self.name(name),
            syn::Member::Unnamed(index) => {
                Name { text: index.index.to_string(), span: self.span(index.span) }
            }
        }
    }

    /// A use of a variable by name, as in a format string.
    pub(super) fn variable(&self, name: &str, span: Span) -> Expr {
        let segment = super::Segment { name: name.to_owned(), args: Vec::new(), bindings: Vec::new() };
        let path = Path { absolute: false, qself: None, segments: vec![segment], span };
        Expr { kind: ExprKind::Path(path), span }
    }
}

impl Expr {
    fn into_other(self) -> Self {
        let span = self.span;
        Self { kind: ExprKind::Other(vec![self]), span }
    }
}

fn label(lifetime: Option<&syn::Lifetime>) -> Option<String> {
    lifetime.map(|lifetime| name_of(&lifetime.ident))
}

fn literal(lit: &syn::Lit) -> Lit {
    match lit {
        syn::Lit::Str(text) => Lit::Str(text.value()),
        syn::Lit::Int(number) => number.base10_parse().map_or(Lit::Other, Lit::Int),
        syn::Lit::Bool(value) => Lit::Bool(value.value),
        _ => Lit::Other,
    }
}
