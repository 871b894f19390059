use super::*;
use alloc::string::String;

fn texts(media: &str, content: &str) -> Vec<String> {
    let headers = [("content-type", media)].to_vec();
    let request = Request { headers, body: content.as_bytes(), ..Request::default() };
    let parts = Parts::default();
    let all = parts.of(&request, Place::Body).iter();
    all.map(|part| String::from_utf8_lossy(&part.text).into_owned()).collect()
}

#[test]
fn bodies_are_taken_apart_by_their_media_type() {
    assert_eq!(
        texts("application/x-www-form-urlencoded", "a=1+2&b%27=%253c"),
        ["1 2", "b'", "%3c", "b'=%3c"]
    );
    assert_eq!(texts("application/json", r#"{"a":"O'Brien","b":[1]}"#), ["O'Brien", "1"]);
    assert_eq!(texts("text/xml", "<a b=\"c\">d<![CDATA[<e>]]></a>"), ["c", "d", "<e>"]);
    assert_eq!(texts("text/plain", "a=b"), ["a=b"]);
    let form = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nhello\r\n--x--";
    assert_eq!(texts("multipart/form-data; boundary=x", form), ["f", "a.txt", "hello"]);
}

#[test]
fn layers_of_encoding_are_peeled() {
    assert_eq!(peel(b"%3cscript%3e").as_deref(), Some(&b"<script>"[..]));
    assert_eq!(peel(b"%253c").as_deref(), Some(&b"<"[..]));
    assert_eq!(peel(b"1%2b1+1").as_deref(), Some(&b"1+1+1"[..]));
    assert_eq!(peel(b"100% of"), None);
}
