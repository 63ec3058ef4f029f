//! What a till sends in.

use crate::kit::*;

#[tokio::test]
async fn a_sale_pushed_twice_is_booked_once_and_comes_back_in_the_feed() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let item = product();
    let sale = till.sale(&[(item, 2)]);
    let envelope = till.seal(&sale);

    let first = till.push(vec![envelope.clone()]).await.unwrap();
    let second = till.push(vec![envelope]).await.unwrap();
    assert_eq!(first.outcomes, second.outcomes);
    assert_eq!((first.acked_seq, second.acked_seq), (1, 1));
    assert_eq!(first.heads[&till.store_scope()], 1);

    let rows = till.pull(&till.store_scope(), 1).await;
    assert_eq!(rows.len(), 1);
}
