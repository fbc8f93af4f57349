//! The state of lowering: bodies, blocks, scopes, variables.

use super::{
    Block, BlockId, Body, Capture, Const, FnBody, Local, LocalData, LocalKind, LoopId, Op, Operand, Place,
    Root,
};
use crate::attributes;
use crate::hir::Body as FnBlock;
use crate::index::{BodyKey, FnId, Index, Ty, TypeScope};
use crate::source::Span;

/// Lowers the body of a function; `None` when it has none that was read.
pub(crate) fn lower_function(index: &Index, id: FnId) -> Option<FnBody> {
    let data = index.function(id);
    let Some(FnBlock::Read(block)) = &data.function.body else { return None };
    let mut lower = Lower { index, scope: data.scope.clone(), bodies: Vec::new(), open: Vec::new() };
    let key = lower.open_body(block.span, data.ret.clone());
    if data.has_self {
        let span = data.function.name.span;
        let this = lower.add_local(Some("self"), data.params[0].clone(), span, LocalKind::Param);
        lower.building().body.params.push(this);
        lower.bind("self", this);
    }
    let types = data.params.iter().skip(usize::from(data.has_self));
    for (param, ty) in data.function.params.iter().zip(types) {
        lower.param(&param.pat, ty.clone(), data.function.name.span);
    }
    if let Some(system) = attributes::system(index, data)
        && let Some((name, span)) = &system.frame
    {
        let frame = index.ours_named("Frame").reference();
        let local = lower.add_local(Some(name), frame, *span, LocalKind::Param);
        lower.bind(name, local);
    }
    lower.body_block(block);
    lower.close_body(key);
    let bodies = lower.bodies.into_iter().map(|body| body.expect("every body was closed")).collect();
    Some(FnBody { function: id, bodies })
}

pub(super) struct Lower<'a> {
    pub(super) index: &'a Index,
    pub(super) scope: TypeScope,
    /// Finished ones; a place is kept for those that are being built.
    pub(super) bodies: Vec<Option<Body>>,
    /// Those being built, outermost first.
    pub(super) open: Vec<Building>,
}

/// A body that is being built.
pub(super) struct Building {
    pub(super) key: BodyKey,
    pub(super) body: Body,
    pub(super) current: BlockId,
    scopes: Vec<Scope>,
    /// What `break` and `continue` can leave, outermost first.
    pub(super) targets: Vec<Target>,
    in_loop: Option<LoopId>,
}

#[derive(Default)]
struct Scope {
    names: Vec<(String, Local)>,
    drops: Vec<Local>,
}

/// A loop or a labelled block.
pub(super) struct Target {
    pub(super) label: Option<String>,
    pub(super) is_loop: bool,
    pub(super) after: BlockId,
    pub(super) again: BlockId,
    pub(super) depth: usize,
    pub(super) result: Local,
}

impl Lower<'_> {
    pub(super) fn building(&mut self) -> &mut Building {
        self.open.last_mut().expect("a body is being built")
    }

    pub(super) fn open_body(&mut self, span: Span, ret: Ty) -> BodyKey {
        let key = BodyKey(self.bodies.len() as u32);
        self.bodies.push(None);
        let body = Body {
            span,
            locals: Vec::new(),
            params: Vec::new(),
            captures: Vec::new(),
            blocks: vec![Block::default()],
            loops: Vec::new(),
            ret,
            parent: self.open.last().map(|outer| outer.key),
            runs: Vec::new(),
        };
        self.open.push(Building {
            key,
            body,
            current: BlockId(0),
            scopes: vec![Scope::default()],
            targets: Vec::new(),
            in_loop: None,
        });
        key
    }

    pub(super) fn close_body(&mut self, key: BodyKey) {
        let building = self.open.pop().expect("a body is being built");
        self.bodies[key.0 as usize] = Some(building.body);
    }

    pub(super) fn add_local(&mut self, name: Option<&str>, ty: Ty, span: Span, kind: LocalKind) -> Local {
        let building = self.building();
        let local = Local(building.body.locals.len() as u32);
        let in_loop = building.in_loop;
        let name = name.map(str::to_owned);
        building.body.locals.push(LocalData { name, ty, span, kind, in_loop, value: None, len: None });
        local
    }

    /// Makes `local` the meaning of `name`, and drops it at the end of the scope.
    pub(super) fn bind(&mut self, name: &str, local: Local) {
        let scope = self.building().scopes.last_mut().expect("a scope is open");
        scope.names.push((name.to_owned(), local));
        scope.drops.push(local);
    }

    /// A value without a name. It is dropped at the end of the scope, unless it moves.
    pub(super) fn temp(&mut self, ty: Ty, span: Span) -> Operand {
        let local = self.add_local(None, ty.clone(), span, LocalKind::Temporary);
        self.building().scopes.last_mut().expect("a scope is open").drops.push(local);
        Operand { place: Place::local(local), ty, span, by_ref: false, value: None }
    }

    pub(super) fn constant(&mut self, ty: Ty, value: Option<Const>, span: Span) -> Operand {
        Operand { value, ..self.temp(ty, span) }
    }

    /// Notes how many items the value has.
    pub(super) fn with_len(&mut self, value: Operand, len: Option<u128>) -> Operand {
        if let Some(local) = value.place.whole() {
            self.building().body.locals[local.0 as usize].len = len;
        }
        value
    }

    /// How many items a value has, where the source spells it out.
    pub(super) fn len_of(&mut self, value: &Operand) -> Option<u128> {
        let known = value.place.whole().and_then(|local| self.building().body.local(local).len);
        known.or(match value.ty.peeled() {
            Ty::Slice(_, len) => *len,
            _ => None,
        })
    }

    /// The variable `name`; one of a body around becomes a capture.
    pub(super) fn variable(&mut self, name: &str) -> Option<Local> {
        self.variable_in(self.open.len() - 1, name)
    }

    fn variable_in(&mut self, level: usize, name: &str) -> Option<Local> {
        let scopes = self.open[level].scopes.iter().rev();
        let mut names = scopes.flat_map(|scope| scope.names.iter().rev());
        if let Some((_, local)) = names.find(|(known, _)| known == name) {
            return Some(*local);
        }
        let outer = self.variable_in(level.checked_sub(1)?, name)?;
        let of_outer = self.open[level - 1].body.local(outer).clone();
        let building = &mut self.open[level];
        let inner = Local(building.body.locals.len() as u32);
        building.body.locals.push(LocalData { kind: LocalKind::Captured(outer), in_loop: None, ..of_outer });
        building.body.captures.push(Capture { outer, inner, by_ref: true });
        building.scopes[0].names.push((name.to_owned(), inner));
        Some(inner)
    }

    pub(super) fn emit(&mut self, op: Op) {
        let building = self.building();
        building.body.blocks[building.current.0 as usize].ops.push(op);
    }

    /// The block that is being written to.
    pub(super) fn block_data(&mut self) -> &mut Block {
        let building = self.building();
        &mut building.body.blocks[building.current.0 as usize]
    }

    pub(super) fn new_block(&mut self) -> BlockId {
        let building = self.building();
        let id = BlockId(building.body.blocks.len() as u32);
        building.body.blocks.push(Block { in_loop: building.in_loop, ..Block::default() });
        id
    }

    /// Ends the current block with ways to others.
    pub(super) fn go(&mut self, next: &[BlockId]) {
        let building = self.building();
        building.body.blocks[building.current.0 as usize].next.extend_from_slice(next);
    }

    pub(super) fn enter_block(&mut self, block: BlockId) {
        self.building().current = block;
    }

    /// Goes on in a block that nothing leads to.
    pub(super) fn unreachable(&mut self) {
        let block = self.new_block();
        self.enter_block(block);
    }

    pub(super) fn diverge(&mut self) {
        let building = self.building();
        building.body.blocks[building.current.0 as usize].diverges = true;
        self.unreachable();
    }

    pub(super) fn open_scope(&mut self) {
        self.building().scopes.push(Scope::default());
    }

    pub(super) fn close_scope(&mut self, span: Span) {
        let depth = self.depth() - 1;
        self.drop_to(depth, span);
        self.building().scopes.pop();
    }

    pub(super) fn depth(&mut self) -> usize {
        self.building().scopes.len()
    }

    /// Drops what the scopes above `depth` hold, innermost first; they stay open.
    pub(super) fn drop_to(&mut self, depth: usize, span: Span) {
        let building = self.building();
        let scopes = building.scopes[depth..].iter().rev();
        let locals: Vec<Local> = scopes.flat_map(|scope| scope.drops.iter().rev()).copied().collect();
        let needs = |local: &Local| may_own(&building.body.local(*local).ty);
        let dropped: Vec<Local> = locals.into_iter().filter(needs).collect();
        let span = Span { start: span.end, ..span };
        for local in dropped {
            self.emit(Op::Drop { local, span });
        }
    }

    pub(super) fn enter_loop(&mut self, id: LoopId) -> Option<LoopId> {
        self.building().in_loop.replace(id)
    }

    pub(super) fn leave_loop(&mut self, before: Option<LoopId>) {
        self.building().in_loop = before;
    }

    pub(super) fn current_loop(&mut self) -> Option<LoopId> {
        self.building().in_loop
    }

    pub(super) fn local_ty(&mut self, local: Local) -> &mut Ty {
        &mut self.building().body.locals[local.0 as usize].ty
    }

    /// An operand for the whole of a variable.
    pub(super) fn read(&mut self, local: Local, span: Span) -> Operand {
        let data = self.building().body.local(local);
        let (ty, value) = (data.ty.clone(), data.value.clone());
        Operand {
            place: Place { root: Root::Local(local), fields: Vec::new() },
            ty,
            span,
            by_ref: false,
            value,
        }
    }
}

/// Whether the end of a scope can matter to a value of this type.
fn may_own(ty: &Ty) -> bool {
    match ty {
        Ty::Adt(..) | Ty::Closure(_) | Ty::Param(..) => true,
        Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().any(may_own),
        Ty::Slice(inner, _) | Ty::Iter(inner) => may_own(inner),
        Ty::Unknown | Ty::Ref(_) | Ty::Fn(..) => false,
    }
}
