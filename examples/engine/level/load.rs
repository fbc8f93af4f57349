//! Reads a level through tobj.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use framealloc::SmartAlloc;

use super::Level;
use super::stream::StreamedFile;
use crate::failure::Failure;
use crate::math::vec3;
use crate::quiet;

/// The level that comes with the example.
const EMBEDDED: &str = include_str!("../assets/level.obj");

/// The embedded level.
///
/// # Errors
/// None unless the checked-in file is damaged.
pub fn load_embedded() -> Result<Level, Failure> {
    parse(EMBEDDED.as_bytes(), "embedded")
}

/// Reads the OBJ file at `path`, part by part; polygons are cut into triangles, materials are not read.
///
/// # Errors
/// A file that is missing or unreadable, that is not an OBJ, or that holds no triangle.
pub fn load_file(path: &Path) -> Result<Level, Failure> {
    let shown = path.display();
    let file =
        File::open(path).map_err(|error| Failure::input(format!("cannot open level {shown}: {error}")))?;
    let name = path.file_name().map_or_else(|| shown.to_string(), |name| name.to_string_lossy().into_owned());
    // Pipes and devices have no length to stream by.
    if !file.metadata().is_ok_and(|about| about.is_file()) {
        return parse(BufReader::new(file), &name);
    }
    let alloc = SmartAlloc::with_defaults();
    let file = StreamedFile::new(&alloc, file)
        .map_err(|error| Failure::input(format!("cannot read level {shown}: {error}")))?;
    parse(file, &name)
}

fn parse(reader: impl BufRead, name: &str) -> Result<Level, Failure> {
    let mut reader = Lines { inner: reader, lines: 0, inside: false, ends: true, error: None };
    let options = tobj::LoadOptions {
        triangulate: true,
        ignore_points: true,
        ignore_lines: true,
        ..Default::default()
    };
    // Some index overflows make tobj panic instead of returning an error.
    let loaded =
        quiet::catch(|| tobj::load_obj_buf(&mut reader, &options, |_| Ok((Vec::new(), Default::default()))));
    let models = match loaded {
        Ok(Ok((models, _))) => models,
        Ok(Err(error)) => return Err(broken(name, &reader, error)),
        Err(_) => return Err(Failure::input(format!("{name}: broken OBJ: an index is out of range"))),
    };

    let mut level = Level { name: name.to_owned(), vertices: Vec::new(), triangles: Vec::new() };
    for tobj::Model { mesh, .. } in models {
        let first = level.vertices.len() as u32;
        level.vertices.extend(mesh.positions.chunks_exact(3).map(|p| vec3(p[0], p[1], p[2])));
        level
            .triangles
            .extend(mesh.indices.chunks_exact(3).map(|t| [first + t[0], first + t[1], first + t[2]]));
    }
    if let Some(bad) = level.vertices.iter().find(|vertex| !vertex.is_finite()) {
        return Err(Failure::input(format!(
            "{name}: broken OBJ: vertex {} {} {} is not finite",
            bad.x, bad.y, bad.z
        )));
    }
    level.fit()
}

/// The one-line error for what tobj refused.
fn broken<R>(name: &str, reader: &Lines<R>, error: tobj::LoadError) -> Failure {
    use tobj::LoadError as E;
    let line = reader.lines;
    Failure::input(match (error, &reader.error) {
        (E::ReadError, Some(cause)) => format!("{name}: cannot read: {cause}"),
        (E::ReadError, None) => format!("{name}: broken OBJ: line {line} is not UTF-8 text"),
        // Indices are resolved when an object ends, so the line read last says nothing about them.
        (
            E::FaceVertexOutOfBounds
            | E::FaceTexCoordOutOfBounds
            | E::FaceNormalOutOfBounds
            | E::FaceColorOutOfBounds
            | E::InvalidPolygon,
            _,
        ) => format!("{name}: broken OBJ: {error}"),
        _ => format!("{name}: broken OBJ: {error} in line {line}"),
    })
}

/// A reader that counts lines and keeps the operating system's error, which tobj does not pass on.
struct Lines<R> {
    inner: R,
    /// Lines begun so far.
    lines: u64,
    /// Whether the beginning of the current line was consumed already.
    inside: bool,
    /// Whether the bytes lent last end the current line.
    ends: bool,
    error: Option<String>,
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: BufRead> BufRead for Lines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.inner.fill_buf() {
            // One line at a time, so that `lines` is the line being parsed.
            Ok(bytes) => {
                let end = bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| at + 1);
                self.ends = bytes[..end].ends_with(b"\n");
                Ok(&bytes[..end])
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.error = Some(error.to_string());
                }
                Err(error)
            }
        }
    }

    fn consume(&mut self, count: usize) {
        if count > 0 {
            self.lines += u64::from(!self.inside);
            self.inside = !self.ends;
        }
        self.inner.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::EXTENT;

    fn error_of(text: &str) -> String {
        parse(text.as_bytes(), "test.obj").map(|level| level.triangles).unwrap_err().to_string()
    }

    const CORNERS: &str = "v 0 0 0\nv 1 0 0\nv 0 0 1\n";

    #[test]
    fn polygons_become_triangles_and_the_level_is_scaled() {
        let level =
            parse("v -1 5 0\nv 1 5 0\nv 1 5 2\nv -1 6 2\nf 1 2 3 4\n".as_bytes(), "quad.obj").unwrap();
        assert_eq!(level.triangles.len(), 2);
        let bounds = level.bounds();
        assert_eq!(bounds.min, vec3(0.0, 0.0, 0.0));
        assert_eq!(bounds.max, vec3(EXTENT, EXTENT / 2.0, EXTENT));
    }

    #[test]
    fn errors_name_the_cause() {
        let cases = [
            ("", "no triangles"),
            ("hello world\n", "no triangles"),
            (CORNERS, "no triangles"),
            (&format!("{CORNERS}f 1 1 1\n"), "no triangles"),
            ("v 0 0 0\nv 1 x 0\n", "position parse error in line 2"),
            (&format!("{CORNERS}f 1 2 zebra\n"), "face parse error in line 4"),
            (&format!("{CORNERS}f 1 2 9\n"), "face vertex index out of bounds"),
            (&format!("{CORNERS}vt 0 0\nf 1/9223372036854775807 2/1 3/1\n"), "broken OBJ"),
            (&format!("{CORNERS}f -9 2 3\n"), "broken OBJ"),
            (&format!("{CORNERS}v nan 0 0\nf 1 2 4\n"), "not finite"),
            (&format!("{CORNERS}v 3e38 0 0\nv -3e38 0 0\nf 1 4 5\n"), "too far apart"),
            ("v 0 0 0\nv 1 0 0\nv 0 900 0\nf 1 2 3\n", "as high as it is wide"),
        ];
        for (text, expected) in cases {
            let message = error_of(text);
            assert!(message.contains(expected), "{text:?} gave {message:?}, wanted {expected:?}");
            assert!(message.starts_with("error: test.obj: ") && !message.contains('\n'), "{message:?}");
        }
        let binary = parse(&[0xff, 0xfe, 0x00, b'\n'][..], "image.obj").unwrap_err().to_string();
        assert!(binary.contains("line 1 is not UTF-8"), "{binary}");
    }

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let missing = load_file(Path::new("/no/such/level.obj")).unwrap_err().to_string();
        assert!(missing.contains("/no/such/level.obj"), "{missing}");
        let folder = load_file(&std::env::temp_dir()).unwrap_err();
        assert_eq!(folder.exit_code(), 2);
    }

    #[test]
    fn the_embedded_level_has_a_few_thousand_triangles() {
        let level = load_embedded().unwrap();
        assert!((3000..8000).contains(&level.triangles.len()), "{}", level.triangles.len());
    }
}
