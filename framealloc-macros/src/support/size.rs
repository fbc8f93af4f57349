//! Sizes in bytes: `"8MB"`, integers, and constant expressions.

use darling::FromMeta;
use darling::ast::MetaNameValueInvalidExpr;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::{BinOp, Expr, Ident, Lit, LitInt, LitStr, UnOp};

use super::args::string;
use super::crate_path::CratePath;
use super::errors::error;

/// What a unit is worth. Engines do not count in powers of 1000, so `KB` and `KiB` are the same.
pub(crate) const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KB", 1 << 10),
    ("MB", 1 << 20),
    ("GB", 1 << 30),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// A size in bytes: known now, or computed by the compiler.
#[derive(Clone)]
pub(crate) enum Size {
    /// Known while the macro runs.
    Bytes(u64),
    /// A constant expression of the user.
    Constant(Box<Expr>),
}

impl Size {
    /// An expression of type `u64`.
    pub(crate) fn to_expr(&self, krate: &CratePath) -> TokenStream {
        match self {
            Self::Bytes(bytes) => Literal::u64_suffixed(*bytes).into_token_stream(),
            Self::Constant(expr) => quote!(#krate::__private::bytes(#expr)),
        }
    }

    /// The bytes, when they are known while the macro runs.
    pub(crate) fn known(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(*bytes),
            Self::Constant(_) => None,
        }
    }
}

impl FromMeta for Size {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        let bytes = match (string(expr), fold(expr)) {
            (Some(text), _) => parse(&text.value()).map_err(|message| error(text, message))?,
            (None, Folded::Number(number)) => in_range(number).map_err(|message| error(expr, message))?,
            (None, Folded::Wrong(message)) => return Err(error(expr, message)),
            (None, Folded::NotLiteral) => return Ok(Self::Constant(Box::new(expr.clone()))),
        };
        if bytes == 0 {
            return Err(error(
                expr,
                "a size of zero bytes allows nothing\nhelp: leave the argument out for no limit",
            ));
        }
        Ok(Self::Bytes(bytes))
    }

    fn from_invalid_expr(invalid: &MetaNameValueInvalidExpr) -> darling::Result<Self> {
        Err(error(&invalid.value, quote_it(&invalid.value)))
    }
}

/// `soft`: a size or a share of the budget.
#[derive(Clone)]
pub(crate) enum Soft {
    /// An amount of its own.
    Size(Size),
    /// Percent of the budget, 1 to 100.
    Percent(u8),
}

impl FromMeta for Soft {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        match string(expr) {
            Some(text) if text.value().trim_end().ends_with('%') => percent(text).map(Self::Percent),
            _ => Size::from_expr(expr).map(Self::Size),
        }
    }

    fn from_invalid_expr(invalid: &MetaNameValueInvalidExpr) -> darling::Result<Self> {
        Err(error(&invalid.value, quote_it(&invalid.value)))
    }
}

fn quote_it(value: &TokenStream) -> String {
    let written = value.to_string().replace(' ', "");
    format!("not a constant expression\nhelp: sizes with a unit are strings: `\"{written}\"`")
}

fn percent(text: &LitStr) -> darling::Result<u8> {
    let value = text.value();
    let number = value.trim_end().trim_end_matches('%').trim();
    match number.parse::<u8>() {
        Ok(percent @ 1..=100) => Ok(percent),
        _ => Err(error(
            text,
            format!("expected a share from `\"1%\"` to `\"100%\"` of the budget, not `\"{value}\"`"),
        )),
    }
}

/// `"8MB"`, `"8 MB"`, `"64_000 B"`.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (number, unit) = (text[..digits].replace('_', ""), text[digits..].trim());
    if number.is_empty() {
        return Err(format!("expected a size such as `\"8MB\"`, not `\"{text}\"`"));
    }
    // Whatever the unit: that it is zero is what is wrong.
    if number.bytes().all(|digit| digit == b'0') && !unit.starts_with(['.', ',']) {
        return Ok(0);
    }
    if unit.is_empty() {
        return Err(format!(
            "`\"{text}\"` has no unit\nhelp: write `{number}` without quotes for bytes, or a unit, as in `\"{number}KB\"` (units: B, KB, MB, GB)"
        ));
    }
    if unit.starts_with(['.', ',']) {
        return Err(format!(
            "`\"{text}\"` is not a whole number\nhelp: use the next smaller unit: `\"1536KB\"` is one and a half MB"
        ));
    }
    let Some((_, worth)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let near =
            meant(unit).map_or_else(String::new, |near| format!("; did you mean `\"{number}{near}\"`?"));
        return Err(format!(
            "unknown unit `{unit}`{near}\nhelp: units are B, KB, MB, GB (KB = 1024 bytes; KiB, MiB, GiB are the same)"
        ));
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*worth));
    bytes.ok_or_else(|| too_large(text))
}

/// The unit that `mb`, `M` or `mi` stands for.
pub(crate) fn meant(unit: &str) -> Option<&'static str> {
    UNITS.iter().map(|(name, _)| *name).find(|name| {
        let letters = name.trim_end_matches('B');
        unit.eq_ignore_ascii_case(name) || (!letters.is_empty() && unit.eq_ignore_ascii_case(letters))
    })
}

fn too_large(text: impl core::fmt::Display) -> String {
    format!("`{text}` does not fit 64 bits of bytes")
}

/// What an expression of literals comes to.
enum Folded {
    Number(i128),
    Wrong(String),
    NotLiteral,
}

/// Computes expressions of integer literals here: `8 * 1024 * 1024 * 1024` would overflow `i32` in the compiler.
fn fold(expr: &Expr) -> Folded {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => integer(number),
            Lit::Float(_) => Folded::Wrong("a size is a whole number of bytes".into()),
            Lit::Str(_) | Lit::Byte(_) => Folded::NotLiteral,
            _ => Folded::Wrong("expected a size such as `\"8MB\"` or a number of bytes".into()),
        },
        Expr::Group(group) => fold(&group.expr),
        Expr::Paren(paren) => fold(&paren.expr),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match fold(&unary.expr) {
            Folded::Number(number) => Folded::Number(-number),
            other => other,
        },
        Expr::Binary(binary) => match (fold(&binary.left), fold(&binary.right)) {
            (Folded::Number(left), Folded::Number(right)) => arithmetic(left, &binary.op, right),
            (Folded::Wrong(message), _) | (_, Folded::Wrong(message)) => Folded::Wrong(message),
            _ => Folded::NotLiteral,
        },
        _ => Folded::NotLiteral,
    }
}

fn integer(number: &LitInt) -> Folded {
    let suffix = number.suffix();
    if !suffix.is_empty()
        && !matches!(
            suffix,
            "u64" | "usize" | "u32" | "i32" | "i64" | "u128" | "i128" | "isize" | "u16" | "u8" | "i16" | "i8"
        )
    {
        let (digits, unit) = (number.base10_digits(), meant(suffix).unwrap_or(suffix));
        return Folded::Wrong(format!(
            "`{number}` is not a number\nhelp: sizes with a unit are strings: `\"{digits}{unit}\"`"
        ));
    }
    number.base10_parse::<i128>().map_or_else(|_| Folded::Wrong(too_large(number)), Folded::Number)
}

fn arithmetic(left: i128, op: &BinOp, right: i128) -> Folded {
    let shift = u32::try_from(right).ok();
    let result = match op {
        BinOp::Add(_) => left.checked_add(right),
        BinOp::Sub(_) => left.checked_sub(right),
        BinOp::Mul(_) => left.checked_mul(right),
        BinOp::Div(_) => left.checked_div(right),
        BinOp::Rem(_) => left.checked_rem(right),
        BinOp::Shl(_) => shift.filter(|by| *by < 64).and_then(|by| left.checked_mul(1 << by)),
        BinOp::Shr(_) => shift.and_then(|by| left.checked_shr(by)),
        _ => return Folded::NotLiteral,
    };
    result.map_or_else(|| Folded::Wrong("this does not compute to a number of bytes".into()), Folded::Number)
}

fn in_range(number: i128) -> Result<u64, String> {
    if number < 0 {
        return Err("a size cannot be negative".into());
    }
    u64::try_from(number).map_err(|_| too_large(number))
}

/// The first path in `expr` that begins with a name of which `wanted` is true.
pub(crate) fn find_name(expr: &Expr, wanted: impl Fn(&Ident) -> bool) -> Option<&Ident> {
    struct Finder<'e, W> {
        wanted: W,
        found: Option<&'e Ident>,
    }
    impl<'e, W: Fn(&Ident) -> bool> syn::visit::Visit<'e> for Finder<'e, W> {
        fn visit_path(&mut self, path: &'e syn::Path) {
            let first = path.segments.first().filter(|_| path.leading_colon.is_none());
            if let Some(first) = first.filter(|first| (self.wanted)(&first.ident)) {
                self.found.get_or_insert(&first.ident);
            }
            syn::visit::visit_path(self, path);
        }
    }
    let mut finder = Finder { wanted, found: None };
    syn::visit::Visit::visit_expr(&mut finder, expr);
    finder.found
}

#[cfg(test)]
mod tests {
    use super::{Folded, fold, parse};

    #[test]
    fn strings() {
        assert_eq!(parse("8MB"), Ok(8 << 20));
        assert_eq!(parse("8 KiB"), Ok(8192));
        assert_eq!(parse("64_000B"), Ok(64_000));
        assert_eq!(parse("17179869183GB"), Ok(17_179_869_183 << 30));
        assert!(parse("17179869184GB").unwrap_err().contains("64 bits"));
        assert!(
            parse("64")
                .unwrap_err()
                .contains("write `64` without quotes for bytes, or a unit, as in `\"64KB\"`")
        );
        for (text, meant) in [
            ("8mb", "8MB"),
            ("64K", "64KB"),
            ("64 k", "64KB"),
            ("64Kb", "64KB"),
            ("8M", "8MB"),
            ("1g", "1GB"),
            ("8mib", "8MiB"),
            ("8Mi", "8MiB"),
            ("64b", "64B"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(&format!("did you mean `\"{meant}\"`")), "{text}: {message}");
        }
        for text in ["8TB", "8XB", "8 bits"] {
            assert!(!parse(text).unwrap_err().contains("did you mean"), "{text}");
        }
        for text in ["0", "0KB", "00", "0K"] {
            assert_eq!(parse(text), Ok(0), "{text}");
        }
        assert!(parse("1.5MB").unwrap_err().contains("whole number"));
        assert!(parse("MB").unwrap_err().contains("expected a size"));
        assert!(parse("").is_err());
    }

    fn folded(text: &str) -> Option<i128> {
        match fold(&syn::parse_str(text).unwrap()) {
            Folded::Number(number) => Some(number),
            _ => None,
        }
    }

    #[test]
    fn literals_are_computed() {
        assert_eq!(folded("8 * 1024 * 1024 * 1024"), Some(8 << 30));
        assert_eq!(folded("(1 << 20) - 1usize"), Some((1 << 20) - 1));
        assert_eq!(folded("-5"), Some(-5));
        assert_eq!(folded("1 << 70"), None);
        assert_eq!(folded("1 / 0"), None);
        assert_eq!(folded("8 * MIB"), None);
        assert_eq!(folded("8MB"), None);
    }
}
