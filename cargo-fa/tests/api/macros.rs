//! Expands the `macro_rules!` of a crate where they stand as items. Enough of the language for macros that make items:
//! no nested definitions, no hygiene.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};

/// The macros of a crate by name.
#[derive(Default)]
pub(crate) struct Macros(HashMap<String, Vec<Rule>>);

/// What a rule matches, and what it stands for.
type Rule = (Vec<Piece>, Vec<Piece>);

/// A part of a matcher or of what it expands to.
enum Piece {
    Token(TokenTree),
    Group(Delimiter, Vec<Piece>),
    /// `$name:fragment`, and `$name` with an empty fragment.
    Variable {
        name: String,
        fragment: String,
    },
    Repeat {
        pieces: Vec<Piece>,
        separator: Option<TokenTree>,
        once: bool,
    },
}

#[derive(Clone)]
enum Bound {
    One(TokenStream),
    Many(Vec<Bound>),
}

type Bindings = HashMap<String, Bound>;

impl Macros {
    /// Adds a definition, given as what stands between the braces.
    pub(crate) fn define(&mut self, name: String, rules: TokenStream) {
        let mut rest = rules.into_iter();
        let mut all = Vec::new();
        while let Some(matcher) = rest.next() {
            let body = rest.by_ref().find(|token| matches!(token, TokenTree::Group(_)));
            let (TokenTree::Group(matcher), Some(TokenTree::Group(body))) = (matcher, body) else {
                panic!("`{name}!` has a rule without a body");
            };
            all.push((pieces(matcher.stream(), true), pieces(body.stream(), false)));
            // The semicolon.
            rest.next();
        }
        assert!(self.0.insert(name.clone(), all).is_none(), "two macros are called `{name}!`");
    }

    /// The items that an invocation stands for; `None` when the macro is not the crate's.
    pub(crate) fn expand(&self, name: &str, input: &TokenStream) -> Option<Vec<syn::Item>> {
        let rules = self.0.get(name)?;
        let mut why = String::new();
        for (matcher, body) in rules {
            let parser = |input: ParseStream<'_>| {
                let mut bound = Bindings::new();
                match_pieces(matcher, input, &mut bound)?;
                if input.is_empty() { Ok(bound) } else { Err(input.error("more than the macro takes")) }
            };
            match parser.parse2(input.clone()) {
                Ok(bound) => {
                    let mut out = TokenStream::new();
                    transcribe(body, &bound, &mut out);
                    let file: syn::File =
                        syn::parse2(out).unwrap_or_else(|error| panic!("`{name}!` expands badly: {error}"));
                    return Some(file.items);
                }
                Err(error) => why = error.to_string(),
            }
        }
        panic!("no rule of `{name}!` matches: {why}")
    }
}

/// The parts of a matcher, where variables have fragments, or of a body.
fn pieces(stream: TokenStream, matcher: bool) -> Vec<Piece> {
    let mut tokens = stream.into_iter().peekable();
    let mut out = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '$' => match tokens.next() {
                Some(TokenTree::Group(group)) => {
                    let mut operator = tokens.next().expect("an operator after a repetition");
                    let mut separator = None;
                    if !matches!(operator.to_string().as_str(), "*" | "+" | "?") {
                        separator = Some(operator);
                        operator = tokens.next().expect("an operator after a separator");
                    }
                    let once = operator.to_string() == "?";
                    out.push(Piece::Repeat { pieces: pieces(group.stream(), matcher), separator, once });
                }
                Some(TokenTree::Ident(name)) if name == "crate" => out.push(Piece::Token(name.into())),
                Some(TokenTree::Ident(name)) => {
                    let fragment =
                        if matcher { tokens.nth(1).expect("a fragment").to_string() } else { String::new() };
                    out.push(Piece::Variable { name: name.to_string(), fragment });
                }
                other => panic!("`$` before {other:?}"),
            },
            TokenTree::Group(group) => {
                out.push(Piece::Group(group.delimiter(), pieces(group.stream(), matcher)));
            }
            other => out.push(Piece::Token(other)),
        }
    }
    out
}

fn match_pieces(pieces: &[Piece], input: ParseStream<'_>, bound: &mut Bindings) -> syn::Result<()> {
    for piece in pieces {
        match piece {
            Piece::Token(expected) => {
                let found: TokenTree = input.parse()?;
                if found.to_string() != expected.to_string() {
                    return Err(syn::Error::new(found.span(), format!("expected {expected}")));
                }
            }
            Piece::Group(delimiter, inner) => match input.parse()? {
                TokenTree::Group(group) if group.delimiter() == *delimiter => {
                    (|input: ParseStream<'_>| match_pieces(inner, input, bound)).parse2(group.stream())?;
                }
                other => return Err(syn::Error::new(other.span(), "expected a group")),
            },
            Piece::Variable { name, fragment } => {
                bound.insert(name.clone(), Bound::One(parse_fragment(fragment, input)?));
            }
            Piece::Repeat { pieces, separator, once } => {
                let mut rounds: Vec<Bindings> = Vec::new();
                while !input.is_empty() {
                    let fork = input.fork();
                    let mut round = Bindings::new();
                    if match_pieces(pieces, &fork, &mut round).is_err() {
                        break;
                    }
                    input.advance_to(&fork);
                    rounds.push(round);
                    let next = input.cursor().token_tree().map(|(token, _)| token.to_string());
                    match separator {
                        _ if *once => break,
                        Some(separator) if next != Some(separator.to_string()) => break,
                        Some(_) => drop(input.parse::<TokenTree>()?),
                        None => {}
                    }
                }
                for name in variables(pieces) {
                    let values = rounds.iter_mut().filter_map(|round| round.remove(&name)).collect();
                    bound.insert(name, Bound::Many(values));
                }
            }
        }
    }
    Ok(())
}

fn parse_fragment(fragment: &str, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    Ok(match fragment {
        "ident" => input.parse::<syn::Ident>()?.to_token_stream(),
        "ty" => input.parse::<syn::Type>()?.to_token_stream(),
        "path" => input.parse::<syn::Path>()?.to_token_stream(),
        "expr" => input.parse::<syn::Expr>()?.to_token_stream(),
        "meta" => input.parse::<syn::Meta>()?.to_token_stream(),
        "literal" => input.parse::<syn::Lit>()?.to_token_stream(),
        "tt" => input.parse::<TokenTree>()?.to_token_stream(),
        other => {
            panic!("macros with `{other}` fragments are not expanded; teach `parse_fragment` about them")
        }
    })
}

fn variables(pieces: &[Piece]) -> Vec<String> {
    let mut names = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Token(_) => {}
            Piece::Variable { name, .. } => names.push(name.clone()),
            Piece::Group(_, inner) | Piece::Repeat { pieces: inner, .. } => names.extend(variables(inner)),
        }
    }
    names
}

fn transcribe(pieces: &[Piece], bound: &Bindings, out: &mut TokenStream) {
    for piece in pieces {
        match piece {
            Piece::Token(token) => out.extend([token.clone()]),
            Piece::Group(delimiter, inner) => {
                let mut stream = TokenStream::new();
                transcribe(inner, bound, &mut stream);
                out.extend([TokenTree::Group(Group::new(*delimiter, stream))]);
            }
            Piece::Variable { name, .. } => match bound.get(name) {
                Some(Bound::One(tokens)) => out.extend(tokens.clone()),
                _ => panic!("`${name}` is not bound here"),
            },
            Piece::Repeat { pieces, separator, .. } => {
                let repeated: Vec<(String, &Vec<Bound>)> = variables(pieces)
                    .into_iter()
                    .filter_map(|name| match bound.get(&name) {
                        Some(Bound::Many(values)) => Some((name, values)),
                        _ => None,
                    })
                    .collect();
                let rounds = repeated.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
                for round in 0..rounds {
                    if let Some(separator) = separator.as_ref().filter(|_| round > 0) {
                        out.extend([separator.clone()]);
                    }
                    let mut inner = bound.clone();
                    for (name, values) in &repeated {
                        inner.insert(name.clone(), values[round].clone());
                    }
                    transcribe(pieces, &inner, out);
                }
            }
        }
    }
}
