//! What is wrong with a configuration file, and where.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One mistake at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
}

/// All mistakes of one file.
#[derive(Debug)]
pub(crate) struct Mistakes {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Mistakes {
    /// As the terminal shows them, with the lines at fault.
    pub(crate) fn render(&self, renderer: &Renderer) -> String {
        let shown = self.mistakes.iter().map(|mistake| {
            let snippet = Snippet::source(self.text.as_str())
                .path(self.path.as_str())
                .annotation(AnnotationKind::Primary.span(mistake.span.clone()));
            renderer.render(&[Level::ERROR.primary_title(mistake.message.as_str()).element(snippet)])
        });
        shown.collect::<Vec<_>>().join("\n\n")
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for Mistakes {}
