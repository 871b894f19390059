//! Objects that are compressed before they are stored.

use distribution::Matched;
use gateway_core::content_coding::gzip;

use super::Exchange;
use super::origin::OriginAnswer;
use crate::body::Body;

/// Content larger than this is compressed by another thread: this one has others' requests to answer.
const OWN_BYTES_MAX: usize = 64 * 1024;

impl Exchange {
    /// An origin's answer as it is to be stored. What cannot be read whole passes as it is.
    pub(super) async fn compressed(
        &self,
        matched: &Matched<'_>,
        mut answer: OriginAnswer,
    ) -> OriginAnswer {
        if !matched.is_to_be_compressed(answer.status, &answer.fields) {
            return answer;
        }
        let mut share = self.worker.shared.memory.share();
        let length = answer.fields.text("content-length").and_then(|text| text.trim().parse().ok());
        let Some(length) = length.filter(|length: &usize| share.take(*length)) else {
            return answer;
        };
        let Ok(content) = answer.content.collect_counted(length, |_| true).await else {
            return answer;
        };
        let coded = match content.len() <= OWN_BYTES_MAX {
            true => Some(gzip(&content)),
            false => {
                let content = content.clone();
                tokio::task::spawn_blocking(move || gzip(&content)).await.ok()
            }
        };
        let Some(coded) = coded.filter(|coded| content.len() == length && coded.len() < length)
        else {
            answer.content = content.into();
            return answer;
        };
        matched.compressed(&mut answer.fields, coded.len());
        answer.content = Body::from(coded);
        answer
    }
}
