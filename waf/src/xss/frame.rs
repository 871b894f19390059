//! Frames of players, as sites that show films offer them to be copied.

/// Where such sites have nothing but their player: what follows is the film's name.
const PLAYERS: [&[u8]; 3] = [
    b"https://www.youtube.com/embed/",
    b"https://www.youtube-nocookie.com/embed/",
    b"https://player.vimeo.com/video/",
];
/// What says how a frame looks, and what it may do.
const ATTRIBUTES: [&[u8]; 11] = [
    b"allow",
    b"allowfullscreen",
    b"frameborder",
    b"height",
    b"loading",
    b"mozallowfullscreen",
    b"referrerpolicy",
    b"style",
    b"title",
    b"webkitallowfullscreen",
    b"width",
];
/// As much of a tag as is read.
const TAG_BYTES_MAX: usize = 1_024;

/// Whether the attributes of an `iframe` are a player's and no others. They are read strictly, so that any browser
/// reads the same: names in small letters, values in quotes of HTML, none of them with a bracket.
pub(super) fn is_player(behind: &[u8]) -> bool {
    let mut rest = &behind[..behind.len().min(TAG_BYTES_MAX)];
    let mut plays = false;
    loop {
        let blanks = rest.iter().take_while(|b| **b == b' ').count();
        rest = &rest[blanks..];
        if rest.first() == Some(&b'>') {
            return plays;
        }
        let name = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
        let (name, behind) = rest.split_at(name);
        if blanks == 0 || name.is_empty() {
            return false;
        }
        let value;
        (value, rest) = match behind {
            [b'=', quote @ (b'"' | b'\''), inner @ ..] => {
                let ends =
                    |b: &u8| b == quote || matches!(b, b'<' | b'>' | b'&') && name == b"style";
                let Some(end) = inner.iter().position(ends) else { return false };
                if inner[end] != *quote {
                    return false;
                }
                (&inner[..end], &inner[end + 1..])
            }
            [b'=', ..] => return false,
            _ => (&b""[..], behind),
        };
        let is_known = match name {
            b"src" if !plays => {
                plays = is_film(value);
                plays
            }
            b"style" => is_layout(value),
            _ => ATTRIBUTES.contains(&name) && !value.iter().any(|b| matches!(b, b'<' | b'>')),
        };
        if !is_known {
            return false;
        }
    }
}

/// `https://player.vimeo.com/video/1?h=2`
fn is_film(url: &[u8]) -> bool {
    let Some(film) = PLAYERS.iter().find_map(|player| url.strip_prefix(*player)) else {
        return false;
    };
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let name = film.iter().take_while(|b| is_name(b)).count();
    let settings = |b: &u8| is_name(b) || b"=&;.%".contains(b);
    match film[name..].split_first() {
        None => name > 0,
        Some((mark, rest)) => name > 0 && *mark == b'?' && rest.iter().all(settings),
    }
}

/// A style that says no more than where a frame stands, and not before everything else.
fn is_layout(style: &[u8]) -> bool {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b":;%.- ".contains(b);
    style.iter().all(is_plain) && !crate::statement::contains(style, b"fixed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn players_are_told_from_frames_of_anything_else() {
        for tag in [
            r#" width="560" height="315" src="https://www.youtube.com/embed/a-b_c?si=x&amp;start=5" title="A film" frameborder="0" allow="autoplay; web-share" referrerpolicy="strict-origin-when-cross-origin" allowfullscreen>"#,
            r#" src='https://player.vimeo.com/video/1' style="position:absolute;top:0;width:100%">"#,
        ] {
            assert!(is_player(tag.as_bytes()), "{tag}");
        }
        for tag in [
            ">",
            r#" width="1">"#,
            r#" src="https://a.example/embed/x">"#,
            r#" src="https://www.youtube.com.a.example/embed/x">"#,
            r#" src="https://www.youtube.com/embed/../redirect?q=x">"#,
            r#" src="https://www.youtube.com/embed/x" onload="x()">"#,
            r#" src="https://www.youtube.com/embed/x" srcdoc="x">"#,
            r#" src="https://www.youtube.com/embed/x" src="//a.example">"#,
            r#" src="https://www.youtube.com/embed/x" style="position:fixed">"#,
            r#" src="https://www.youtube.com/embed/x""#,
            r#" src=https://www.youtube.com/embed/x>"#,
            r#"/src="https://www.youtube.com/embed/x">"#,
            r#" src="https://www.youtube.com/embed/x" title="><script>">"#,
        ] {
            assert!(!is_player(tag.as_bytes()), "{tag}");
        }
    }
}
