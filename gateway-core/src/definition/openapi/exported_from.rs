//! Where a definition was exported from: the host name of its API's own endpoint says.

use crate::definition::document::At;

/// The id and the region of the API that a document was exported from: of
/// `https://{id}.execute-api.{region}.amazonaws.com` in `servers`, or of Swagger's `host`. A private API's
/// name may have a VPC endpoint in it too (`{id}-vpce-…`).
pub fn exported_from<'d>(root: &At<'d>) -> Option<(&'d str, &'d str)> {
    let servers = root.get("servers");
    let urls = servers.iter().flat_map(At::items).filter_map(|server| server.get("url"));
    urls.chain(root.get("host")).find_map(|at| {
        let url = at.as_str()?;
        let host = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (name, rest) = host.split_once(".execute-api.")?;
        let (region, _) = rest.split_once(".amazonaws.com")?;
        let id = name.split_once("-vpce-").map_or(name, |(id, _)| id);
        (is_plain(id) && is_plain(region)).then_some((id, region))
    })
}

/// Whether no variable stands in it.
fn is_plain(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}
