//! A distribution before a bucket, which takes signed requests alone.

use serde_json::{Value, json};

use crate::peer::{Edgeway, Moto};
use crate::{http, rest};

fn distribution() -> Value {
    json!({"DistributionConfig": {
        "CallerReference": "r", "Comment": "", "Enabled": true,
        "Aliases": {"Items": ["cdn.example"]},
        "DefaultRootObject": "index.html",
        "Origins": {"Items": [{
            "Id": "bucket", "DomainName": "site.s3.us-east-1.amazonaws.com", "OriginPath": "/public",
            "OriginAccessControlId": "E1", "S3OriginConfig": {"OriginAccessIdentity": ""},
        }]},
        "CustomErrorResponses": {"Items": [
            {"ErrorCode": 404, "ResponsePagePath": "/sorry.html", "ResponseCode": "200", "ErrorCachingMinTTL": 1}]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "bucket", "ViewerProtocolPolicy": "allow-all",
            "AllowedMethods": {"Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
                "CachedMethods": {"Items": ["GET", "HEAD"]}},
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
    }})
}

fn control() -> Value {
    json!({"OriginAccessControl": {"Id": "E1", "OriginAccessControlConfig": {
        "Name": "a", "Description": "", "SigningProtocol": "sigv4", "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3"}}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_behind_a_distribution_is_asked_with_signatures() {
    let mut moto = Moto::start_verifying().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, document: &Value| {
        let file = folder.path().join(name);
        std::fs::write(&file, document.to_string()).unwrap();
        file.display().to_string()
    };
    let (definition, reference) =
        (file("distribution.json", &distribution()), file("control.json", &control()));
    let line = format!(
        "assumeRoles: false\ndistributions: [{{id: d, definition: {definition}, references: [{reference}]}}]"
    );
    let edgeway = Edgeway::start(&moto, &rest(), &http(), &line).await;
    assert_eq!(edgeway.rest("PUT", "/s3/site", "").await.status, 200);
    for (path, content) in [
        ("/index.html", "index"),
        ("/sorry.html", "sorry"),
        ("/folder/a%20b(c)'d.txt", "an object"),
    ] {
        let put = edgeway.distribution("PUT", path, content).await;
        assert_eq!(put.status, 200, "{path}: {put:?}");
        assert_eq!(edgeway.distribution("GET", path, "").await.text(), content, "{path}");
    }
    assert_eq!(edgeway.distribution("GET", "/", "").await.text(), "index");
    let missing = edgeway.distribution("GET", "/missing", "").await;
    assert_eq!((missing.status, &*missing.text()), (200, "sorry"));

    moto.secret_access_key.push('x');
    let edgeway = Edgeway::start(&moto, &rest(), &http(), &line).await;
    assert_eq!(edgeway.distribution("GET", "/index.html", "").await.status, 403);
}
