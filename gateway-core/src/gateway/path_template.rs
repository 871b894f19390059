//! Resource paths: `/products/{productId}`, `/files/{name+}`.

use alloc::{string::String, vec::Vec};

use crate::limits::RESOURCE_DEPTH_MAX;

/// A parsed resource path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathTemplate {
    pub(crate) segments: Vec<Segment>,
}

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Itself.
    Literal(String),
    /// `{name}`: one segment that is not empty.
    Variable(String),
    /// `{name+}`: the rest of the path, at least one segment.
    Greedy(String),
}

impl PathTemplate {
    /// Parses a resource path; the error says what is wrong with it.
    pub(crate) fn parse(path: &str) -> Result<Self, String> {
        let rest = path.strip_prefix('/').ok_or("a resource path begins with `/`")?;
        if rest.is_empty() {
            return Ok(Self { segments: Vec::new() });
        }
        let segments: Vec<Segment> = rest.split('/').map(segment).collect::<Result<_, _>>()?;
        let greedy = segments.iter().position(|s| matches!(s, Segment::Greedy(_)));
        if greedy.is_some_and(|at| at + 1 < segments.len()) {
            return Err("a greedy path variable stands at the end of the path only".into());
        }
        if segments.len() > RESOURCE_DEPTH_MAX {
            return Err(alloc::format!("more than {RESOURCE_DEPTH_MAX} path segments"));
        }
        Ok(Self { segments })
    }

    /// The variables and the text they stand for in a path that matches, percent-encoding untouched.
    pub(crate) fn captures<'t, 'p>(
        &'t self,
        path: &'p str,
    ) -> impl Iterator<Item = (&'t str, &'p str)> {
        let mut rest = path.strip_prefix('/').unwrap_or(path);
        self.segments.iter().filter_map(move |segment| {
            let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
            match segment {
                Segment::Greedy(name) => Some((name.as_str(), rest)),
                Segment::Variable(name) => {
                    rest = after;
                    Some((name.as_str(), first))
                }
                Segment::Literal(_) => {
                    rest = after;
                    None
                }
            }
        })
    }
}

fn segment(text: &str) -> Result<Segment, String> {
    let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return match text.contains(['{', '}']) {
            true => {
                Err(alloc::format!("a path variable fills its whole segment; `{text}` does not"))
            }
            false => Ok(Segment::Literal(text.into())),
        };
    };
    let (name, greedy) = inner.strip_suffix('+').map_or((inner, false), |name| (name, true));
    if name.is_empty() || name.contains(['{', '}', '+']) {
        return Err(alloc::format!("`{text}` is not a path variable"));
    }
    Ok(if greedy { Segment::Greedy(name.into()) } else { Segment::Variable(name.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_capture_segments_and_greedy_ones_the_rest() {
        let template = PathTemplate::parse("/a/{b}/{c+}").unwrap();
        let got: Vec<_> = template.captures("/a/x%2Fy/1//2").collect();
        assert_eq!(got, [("b", "x%2Fy"), ("c", "1//2")]);
        assert_eq!(PathTemplate::parse("/").unwrap().captures("/").count(), 0);
    }

    #[test]
    fn bad_paths_are_refused() {
        let deep = "/a".repeat(RESOURCE_DEPTH_MAX + 1);
        for path in ["a", "/{a+}/b", "/x{a}", "/{}", "/{+}", "/{a", &deep] {
            assert!(PathTemplate::parse(path).is_err(), "{path}");
        }
    }
}
