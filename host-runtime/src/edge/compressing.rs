//! Objects that are compressed before they are stored.

use brotli::BrotliCompress;
use brotli::enc::BrotliEncoderParams;
use distribution::{Compression, Matched};
use gateway_core::content_coding::gzip;

use super::Exchange;
use super::origin::OriginAnswer;
use crate::body::Body;

/// As fast as `gzip` is at its usual level, and smaller (RFC 7932's format has no levels of its own).
const BROTLI_QUALITY: i32 = 5;
/// Content larger than this is compressed by another thread: this one has others' requests to answer.
const OWN_BYTES_MAX: usize = 32 * 1024;

impl Exchange {
    /// An origin's answer as it is to be stored. What cannot be read whole passes as it is.
    pub(super) async fn compressed(
        &self,
        matched: &Matched<'_>,
        mut answer: OriginAnswer,
    ) -> OriginAnswer {
        let offered = [Compression::Brotli, Compression::Gzip];
        let Some(with) = matched.compression(answer.status, &answer.fields, &offered) else {
            return answer;
        };
        let mut share = self.worker.shared.memory.share();
        let length = answer.fields.text("content-length").and_then(|text| text.trim().parse().ok());
        let Some(length) = length.filter(|length: &usize| share.take(*length)) else {
            return answer;
        };
        let Ok(content) = answer.content.collect_counted(length, |_| true).await else {
            return answer;
        };
        let coding = match content.len() <= OWN_BYTES_MAX {
            true => coded(with, &content),
            false => {
                let content = content.clone();
                tokio::task::spawn_blocking(move || coded(with, &content)).await.ok().flatten()
            }
        };
        let Some(coded) = coding.filter(|coded| content.len() == length && coded.len() < length)
        else {
            answer.content = content.into();
            return answer;
        };
        matched.compressed(with, &mut answer.fields, coded.len());
        answer.content = Body::from(coded);
        answer
    }
}

fn coded(with: Compression, content: &[u8]) -> Option<Vec<u8>> {
    match with {
        Compression::Gzip => Some(gzip(content)),
        Compression::Brotli => {
            let params = BrotliEncoderParams {
                quality: BROTLI_QUALITY,
                size_hint: content.len(),
                ..BrotliEncoderParams::default()
            };
            let mut written = Vec::with_capacity(content.len() / 4);
            BrotliCompress(&mut &*content, &mut written, &params).ok()?;
            Some(written)
        }
    }
}
