//! Names of tags and phases: `"physics"`, `"physics/broad_phase"`.

use darling::FromMeta;
use quote::ToTokens;
use syn::{Expr, LitStr};

use crate::support::args::string;
use crate::support::errors::error;

/// A checked path of names.
#[derive(Clone)]
pub(crate) struct TagPath(pub(crate) LitStr);

impl FromMeta for TagPath {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        let Some(text) = string(expr) else {
            let hint = match expr {
                Expr::Path(path) => {
                    format!(": `\"{}\"`", path.to_token_stream().to_string().replace(" :: ", "/"))
                }
                _ => String::new(),
            };
            let message = format!(
                "expected a string{hint}\nhelp: names are literals, so that `cargo fa` and the reports can read them"
            );
            return Err(error(expr, message));
        };
        check(&text.value()).map_or_else(|| Ok(Self(text.clone())), |wrong| Err(error(text, wrong)))
    }
}

fn check(path: &str) -> Option<String> {
    if path.trim().is_empty() {
        return Some("the name is empty\nhelp: leave the argument out to use the function's name".to_owned());
    }
    let wrong = if path.starts_with('/') {
        "starts with `/`: the outermost name comes first"
    } else if path.ends_with('/') {
        "ends with `/`: a name is missing after it"
    } else if path.contains("//") {
        "has an empty name between two `/`"
    } else if path.chars().any(char::is_control) {
        "contains a control character"
    } else if path.split('/').any(|name| name.trim() != name) {
        "has blanks around a name"
    } else {
        return None;
    };
    let names: Vec<_> = path.split('/').map(str::trim).filter(|name| !name.is_empty()).collect();
    let clean: String = names.join("/").chars().filter(|c| !c.is_control()).collect();
    let help = if clean.is_empty() { String::new() } else { format!("\nhelp: write `\"{clean}\"`") };
    Some(format!("`{path:?}` {wrong}{help}").replacen("`\"", "`\"", 1))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn paths() {
        assert_eq!(check("physics"), None);
        assert_eq!(check("physics/broad phase"), None);
        for wrong in ["", " ", "/physics", "physics/", "physics//broad", "physics / broad", "a\nb", "/"] {
            assert!(check(wrong).is_some(), "{wrong:?}");
        }
        assert!(check("/physics//broad/").unwrap().ends_with("help: write `\"physics/broad\"`"));
    }
}
