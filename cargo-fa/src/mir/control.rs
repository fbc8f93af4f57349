//! Branches, loops, ways out, closures.

use super::build::{Lower, Target};
use super::exprs::more_known;
use super::{BlockId, Bound, Exit, LoopData, LoopId, Op, Operand, Place};
use crate::hir::{self, BinOp, Expr, ExprKind, LoopSource};
use crate::index::Ty;
use crate::source::Span;

impl Lower<'_> {
    /// Moves the value of a branch to where all branches meet.
    fn join(&mut self, value: Operand, result: &Operand) {
        let local = result.place.whole().expect("a temporary");
        let known = self.local_ty(local).clone();
        // A branch that leaves has no value.
        if known == Ty::UNIT || known == Ty::Unknown {
            *self.local_ty(local) = value.ty.clone();
        } else {
            *self.local_ty(local) = more_known(known, value.ty.clone());
        }
        let span = value.span;
        self.emit(Op::Move { from: value, to: result.place.clone(), span });
    }

    fn result(&mut self, result: Operand) -> Operand {
        let ty = self.local_ty(result.place.whole().expect("a temporary")).clone();
        Operand { ty, ..result }
    }

    pub(super) fn branch(
        &mut self,
        condition: &Expr,
        then: &Expr,
        otherwise: Option<&Expr>,
        span: Span,
        expected: Option<&Ty>,
    ) -> Operand {
        let result = self.temp(Ty::UNIT, span);
        // What `if let` binds lives in the first branch.
        self.open_scope();
        let value = self.expr(condition, None);
        self.read_condition(&value);
        let (yes, no, after) = (self.new_block(), self.new_block(), self.new_block());
        self.go(&[yes, no]);
        self.enter_block(yes);
        let value = self.expr(then, expected);
        self.join(value, &result);
        let depth = self.depth() - 1;
        self.drop_to(depth, then.span);
        self.go(&[after]);
        self.enter_block(no);
        // The condition's values go here, too.
        self.close_scope(condition.span);
        if let Some(otherwise) = otherwise {
            self.open_scope();
            let value = self.expr(otherwise, expected);
            self.join(value, &result);
            self.close_scope(otherwise.span);
        }
        self.go(&[after]);
        self.enter_block(after);
        self.result(result)
    }

    fn read_condition(&mut self, value: &Operand) {
        self.emit(Op::Use { place: value.place.clone(), span: value.span });
    }

    pub(super) fn matching(
        &mut self,
        scrutinee: &Expr,
        arms: &[hir::Arm],
        span: Span,
        expected: Option<&Ty>,
    ) -> Operand {
        let result = self.temp(Ty::UNIT, span);
        let value = self.expr(scrutinee, None);
        self.read_condition(&value);
        let start = self.building().current;
        let after = self.new_block();
        for arm in arms {
            self.enter_block(start);
            let block = self.new_block();
            self.go(&[block]);
            self.enter_block(block);
            self.open_scope();
            self.pattern(&arm.pat, value.clone());
            if let Some(guard) = &arm.guard {
                let guard = self.expr(guard, None);
                self.read_condition(&guard);
            }
            let arm_value = self.expr(&arm.body, expected);
            self.join(arm_value, &result);
            self.close_scope(arm.body.span);
            self.go(&[after]);
        }
        if arms.is_empty() {
            self.enter_block(start);
            self.go(&[after]);
        }
        self.enter_block(after);
        self.result(result)
    }

    pub(super) fn looping(
        &mut self,
        source: &LoopSource,
        body: &hir::Block,
        label: Option<&str>,
        span: Span,
    ) -> Operand {
        let result = self.temp(Ty::UNIT, span);
        self.open_scope();
        let iter = match source {
            LoopSource::For { iter, .. } => {
                let iter = self.expr(iter, None);
                Some(self.taken(iter))
            }
            _ => None,
        };
        let bound = match (source, &iter) {
            (LoopSource::For { iter: expr, .. }, Some(value)) => self.bound_of(expr, value),
            (LoopSource::While(condition), _) if compares(condition) => Bound::Compared,
            _ => Bound::Open,
        };
        let over = iter.as_ref().map(|value| value.place.clone());
        let id = self.add_loop(bound, over, span);
        let before = self.enter_loop(id);
        let head = self.new_block();
        self.go(&[head]);
        self.enter_block(head);
        let (inside, after) = (self.new_block(), self.new_block_outside(before));
        let depth = self.depth();
        self.open_scope();
        if let LoopSource::While(condition) = source {
            let value = self.expr(condition, None);
            self.read_condition(&value);
        }
        if matches!(source, LoopSource::Loop) {
            self.go(&[inside]);
        } else {
            let leaves = self.new_block_outside(before);
            self.go(&[inside, leaves]);
            self.enter_block(leaves);
            self.drop_to(depth, span);
            self.go(&[after]);
        }
        self.enter_block(inside);
        let local = result.place.whole().expect("a temporary");
        let target = Target {
            label: label.map(str::to_owned),
            is_loop: true,
            after,
            again: head,
            depth,
            result: local,
        };
        self.building().targets.push(target);
        if let (LoopSource::For { pat, .. }, Some(iter)) = (source, iter) {
            let item = Operand { ty: self.index.iterate(&iter.ty), ..iter.clone() };
            let mut place = item.place.clone();
            place.fields.push("[]".into());
            self.emit(Op::Use { place: iter.place, span: iter.span });
            self.pattern(pat, Operand { place, by_ref: item.ty.is_ref(), ..item });
        }
        let value = self.block(body);
        self.read_condition(&value);
        self.close_scope(body.span);
        self.go(&[head]);
        self.building().targets.pop();
        self.leave_loop(before);
        self.enter_block(after);
        self.close_scope(span);
        self.result(result)
    }

    /// What a loop runs over is moved into it, unless it is borrowed.
    fn taken(&mut self, iter: Operand) -> Operand {
        if iter.by_ref || iter.ty.is_ref() || iter.value.is_some() {
            return iter;
        }
        let (ty, span) = (iter.ty.clone(), iter.span);
        let len = self.len_of(&iter);
        let own = self.temp(ty, span);
        let own = self.with_len(own, len);
        self.emit(Op::Move { from: iter, to: own.place.clone(), span });
        own
    }

    fn new_block_outside(&mut self, in_loop: Option<LoopId>) -> BlockId {
        let block = self.new_block();
        self.building().body.blocks[block.0 as usize].in_loop = in_loop;
        block
    }

    fn add_loop(&mut self, bound: Bound, source: Option<Place>, span: Span) -> LoopId {
        let parent = self.current_loop();
        let loops = &mut self.building().body.loops;
        let id = LoopId(loops.len() as u32);
        loops.push(LoopData { span, bound, parent, source });
        id
    }

    fn bound_of(&mut self, iter: &Expr, value: &Operand) -> Bound {
        if let Some(len) = self.len_of(value) {
            return Bound::Constant(len);
        }
        if matches!(iter.kind, ExprKind::Range { end: None, .. }) {
            return Bound::Open;
        }
        match value.ty.peeled() {
            Ty::Foreign(name, _) if name == "Receiver" => Bound::Open,
            _ => Bound::Iterator(value.ty.clone()),
        }
    }

    /// `'label: { .. }`
    pub(super) fn labelled(&mut self, block: &hir::Block, label: Option<&str>) -> Operand {
        let Some(label) = label else { return self.block(block) };
        let result = self.temp(Ty::UNIT, block.span);
        let after = self.new_block();
        let depth = self.depth();
        let local = result.place.whole().expect("a temporary");
        let target = Target {
            label: Some(label.to_owned()),
            is_loop: false,
            after,
            again: after,
            depth,
            result: local,
        };
        self.building().targets.push(target);
        let value = self.block(block);
        self.join(value, &result);
        self.building().targets.pop();
        self.go(&[after]);
        self.enter_block(after);
        self.result(result)
    }

    /// The place in the list of what `break` and `continue` name.
    fn target(&mut self, label: Option<&str>, continues: bool) -> Option<usize> {
        let targets = &self.building().targets;
        targets.iter().rposition(|target| match label {
            Some(label) => target.label.as_deref() == Some(label) && (target.is_loop || !continues),
            None => target.is_loop,
        })
    }

    pub(super) fn leave(&mut self, label: Option<&str>, value: Option<&Expr>, span: Span) -> Operand {
        let value = value.map(|value| self.expr(value, None));
        if let Some(at) = self.target(label, false) {
            let target = &self.building().targets[at];
            let (after, depth, local) = (target.after, target.depth, target.result);
            if let Some(value) = value {
                let result = self.read(local, span);
                self.join(value, &result);
            }
            self.emit(Op::Jump { span });
            self.drop_to(depth, span);
            self.go(&[after]);
        }
        self.unreachable();
        self.temp(Ty::Unknown, span)
    }

    pub(super) fn again(&mut self, label: Option<&str>, span: Span) -> Operand {
        if let Some(at) = self.target(label, true) {
            let target = &self.building().targets[at];
            let (again, depth) = (target.again, target.depth);
            self.emit(Op::Jump { span });
            self.drop_to(depth, span);
            self.go(&[again]);
        }
        self.unreachable();
        self.temp(Ty::Unknown, span)
    }

    pub(super) fn exit(&mut self, kind: Exit, value: Option<Operand>, span: Span) -> Operand {
        self.emit(Op::Exit { kind, value, span });
        self.drop_to(0, span);
        self.unreachable();
        self.temp(Ty::Unknown, span)
    }

    /// `e?`
    pub(super) fn question(&mut self, inner: &Expr, span: Span) -> Operand {
        let value = self.expr(inner, None);
        let (fails, goes_on) = (self.new_block(), self.new_block());
        self.read_condition(&value);
        self.go(&[goes_on, fails]);
        self.enter_block(fails);
        self.exit(Exit::Question, None, span);
        self.enter_block(goes_on);
        let ty = match value.ty.peeled() {
            Ty::Foreign(name, args) if matches!(name.as_str(), "Option" | "Result") => {
                args.first().cloned().unwrap_or_default()
            }
            _ => Ty::Unknown,
        };
        let result = self.temp(ty, span);
        self.emit(Op::Move { from: value, to: result.place.clone(), span });
        result
    }

    pub(super) fn closure(&mut self, closure: &hir::Closure, span: Span, expected: Option<&Ty>) -> Operand {
        let (params, ret) = match expected.map(Ty::peeled) {
            Some(Ty::Fn(params, ret)) => (params.clone(), (**ret).clone()),
            _ => (Vec::new(), Ty::Unknown),
        };
        let declared = self.index.ty(&self.scope, &closure.ret);
        let ret = if declared == Ty::Unknown && !matches!(ret, Ty::Param(..)) { ret } else { declared };
        let key = self.open_body(span, ret);
        for (at, param) in closure.params.iter().enumerate() {
            let written = self.index.ty(&self.scope, &param.ty);
            let ty = more_known(written, params.get(at).cloned().unwrap_or_default());
            self.param(&param.pat, ty, span);
        }
        let value = self.expr(&closure.body, None);
        let at = value.span;
        let found = value.ty.clone();
        self.emit(Op::Exit { kind: Exit::End, value: Some(value), span: at });
        self.drop_to(0, span);
        let body = &mut self.building().body;
        body.ret = more_known(body.ret.clone(), found);
        self.finish_inner(key, closure.moves, span)
    }

    pub(super) fn async_block(&mut self, block: &hir::Block, moves: bool) -> Operand {
        let key = self.open_body(block.span, Ty::Unknown);
        self.body_block(block);
        self.finish_inner(key, moves, block.span)
    }

    /// Ends an inner body; its captures are operands of the closure that is made here.
    fn finish_inner(&mut self, key: crate::index::BodyKey, moves: bool, span: Span) -> Operand {
        let body = &mut self.building().body;
        for at in 0..body.captures.len() {
            let inner = body.captures[at].inner;
            body.captures[at].by_ref = !moves && !is_moved(body, inner);
        }
        self.close_body(key);
        let captures = self.bodies[key.0 as usize].as_ref().expect("just closed").captures.clone();
        let captures = captures.iter().map(|capture| {
            let operand = self.read(capture.outer, span);
            Operand { by_ref: capture.by_ref || operand.ty.is_ref(), ..operand }
        });
        let captures: Vec<Operand> = captures.collect();
        let made = self.temp(Ty::Closure(key), span);
        let dest = made.place.whole().expect("a temporary");
        self.emit(Op::Closure { dest, body: key, captures, span });
        made
    }
}

/// Whether a body takes the variable by value somewhere.
fn is_moved(body: &super::Body, local: super::Local) -> bool {
    let takes =
        |operand: &Operand| operand.place.whole() == Some(local) && !operand.by_ref && !operand.ty.is_ref();
    body.ops().any(|(_, op)| match op {
        Op::Call(call) => call.args.iter().any(takes),
        Op::Move { from, .. } => takes(from),
        Op::Aggregate { parts, .. } => parts.iter().any(takes),
        Op::Closure { captures, .. } => captures.iter().any(takes),
        Op::Exit { value, .. } => value.as_ref().is_some_and(takes),
        Op::Use { .. } | Op::Drop { .. } | Op::Await { .. } | Op::Jump { .. } => false,
    })
}

/// `a < b`, also within `&&`.
fn compares(condition: &Expr) -> bool {
    match &condition.kind {
        ExprKind::Binary(_, BinOp::Compare, _) => true,
        ExprKind::Binary(left, BinOp::And, right) => compares(left) || compares(right),
        _ => false,
    }
}
