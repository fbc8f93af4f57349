//! `#[retain(POLICY, name = "...")]` on a `let`.
//!
//! `let grid = value;` becomes `let grid = Frame::retain_named(&frame, "grid", value, RetentionPolicy::POLICY);`.

mod policy;

use darling::ast::NestedMeta;
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Local, Meta};

use crate::body::marker::arguments;
use crate::frame_local::{Outcome, Target, initialise, moved};
use crate::support::args::string;
use crate::support::binding::Binding;
use crate::support::errors::{Errors, did_you_mean, written};
use policy::Policy;

/// Rewrites `local`.
pub(crate) fn expand(
    local: &mut Local,
    attribute: &Attribute,
    target: &Target,
    errors: &mut Errors,
) -> Outcome {
    let args = Args::of(attribute, errors);
    let Some(binding) = Binding::of(local, "#[retain]", errors) else { return Outcome::Mistake };
    let name = &binding.pat.ident;
    let Some(init) = &local.init else {
        let message = format!("`#[retain]` keeps a value, so `{name}` needs one here: `let {name} = ..;`");
        return Outcome::mistake(local, name, message);
    };
    let Some(policy) = args.policy else { return Outcome::Mistake };
    let Target { krate, frame, span } = target;
    let retained = args.name.unwrap_or_else(|| LitStr::new(&name.unraw().to_string(), name.span()));
    let policy = policy.to_expr(krate, *span);
    let value = moved(
        &binding,
        &init.expr,
        *span,
        |value| quote_spanned!(*span=> #krate::Frame::retain_named(#frame, #retained, #value, #policy)),
    );
    initialise(local, binding, value);
    Outcome::Expanded
}

#[derive(Default)]
struct Args {
    policy: Option<Policy>,
    name: Option<LitStr>,
}

impl Args {
    fn of(attribute: &Attribute, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let (mut policies, mut names) = (0, 0);
        let items = NestedMeta::parse_meta_list(arguments(attribute)).unwrap_or_else(|wrong| {
            errors.push_at(
                wrong.span(),
                format!("{wrong}\nhelp: arguments look like `#[retain(PromoteToPool, name = \"navmesh\")]`"),
            );
            policies += 1;
            Vec::new()
        });
        for item in &items {
            match item {
                NestedMeta::Meta(Meta::NameValue(pair)) if pair.path.is_ident("name") => {
                    names += 1;
                    args.name = retained_name(&pair.value, errors);
                    if names > 1 {
                        errors.push(&pair.path, "`name` is given twice");
                    }
                }
                NestedMeta::Meta(Meta::NameValue(pair)) if pair.path.is_ident("policy") => {
                    policies += 1;
                    let policy = string(&pair.value).map_or_else(|| written(&pair.value), LitStr::value);
                    errors.push(pair, format!("a policy is written without a key: `#[retain({policy})]`"));
                }
                NestedMeta::Meta(Meta::NameValue(pair)) => {
                    let key = quote::ToTokens::to_token_stream(&pair.path).to_string();
                    let near = did_you_mean(&key, &["name"]);
                    errors.push(&pair.path, format!("`#[retain]` has no argument `{key}`{near}\nhelp: write `#[retain(POLICY, name = \"...\")]`"));
                }
                other => {
                    policies += 1;
                    if policies > 1 {
                        errors.push(other, "a value has one policy");
                    } else {
                        args.policy = errors.keep(Policy::of(other));
                    }
                }
            }
        }
        if policies == 0 {
            errors.push(attribute, format!("`#[retain]` needs a policy: what happens to the value when the frame ends\nhelp: one of {}", policy::all()));
        }
        args
    }
}

fn retained_name(value: &Expr, errors: &mut Errors) -> Option<LitStr> {
    let Some(name) = string(value) else {
        let message = match value {
            Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => unreachable!("`string` finds it"),
            _ => "the name is a string: `name = \"navmesh\"`",
        };
        errors.push(value, message);
        return None;
    };
    if name.value().trim().is_empty() {
        errors.push(name, "the name is empty\nhelp: leave it out to use the variable's name");
    }
    Some(name.clone())
}
