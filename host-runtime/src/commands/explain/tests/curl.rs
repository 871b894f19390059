//! What curl's command line says of what is sent.

use super::*;

#[test]
fn forms_uploads_ranges_and_queries_are_sent_as_curl_sends_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a b.txt");
    std::fs::write(&file, "one\n").unwrap();
    let file = file.display().to_string();
    let form = read_line(&[
        "/p",
        "-F",
        "a=1;type=text/x;charset=u",
        "-F",
        &format!("f=@{file};filename=\"c.txt\""),
        "--form-string",
        "b=@x",
    ]);
    let form = form.unwrap();
    let boundary = format!("------------------------{:022}", 0);
    let content = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: text/x;charset=u\r\n\r\n1\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"c.txt\"\r\nContent-Type: text/plain\r\n\r\none\n\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n@x\r\n--{boundary}--\r\n"
    );
    assert_eq!((&*form.method, &*String::from_utf8_lossy(&form.content)), ("POST", &*content));
    let media_type =
        ("Content-Type".to_owned(), format!("multipart/form-data; boundary={boundary}"));
    assert!(form.fields.contains(&media_type), "{:?}", form.fields);
    let put = read_line(&["/p/?q", "-T", &file]).unwrap();
    assert_eq!(
        (&*put.method, &*put.target, &*put.content),
        ("PUT", "/p/a%20b.txt?q", &b"one\n"[..])
    );
    let line = [
        "/p?a",
        "--url-query",
        "b= c",
        "--url-query",
        "+d=%20",
        "-r",
        "0-9",
        "--oauth2-bearer",
        "t",
    ];
    let asked = read_line(&line).unwrap();
    assert_eq!(asked.target, "/p?a&b=%20c&d=%20");
    for (name, value) in [("Range", "bytes=0-9"), ("Authorization", "Bearer t")] {
        assert!(asked.fields.contains(&(name.into(), value.into())), "{:?}", asked.fields);
    }
    let unsent =
        "/p -sSfkN -o out -m 5 -w %{http_code} --connect-timeout 1 --http1.1 -4 --cacert ca.pem";
    let unsent = read_line(&unsent.split(' ').collect::<Vec<_>>()).unwrap();
    assert_eq!(unsent, read_line(&["/p"]).unwrap());
    for wrong in
        [&["/p", "-F", "a"][..], &["/p", "-F", "a=1", "-d", "b"], &["/p", "-F", "a=@/nowhere/x"]]
    {
        assert!(read_line(wrong).is_err(), "{wrong:?}");
    }
}
