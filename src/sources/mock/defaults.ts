// What the mock store's server and its client agree on, so that both work together without any setting.
// The token protects nothing: the store listens on this machine only and its people are invented.

export const MOCK_PORT = 8787;
export const MOCK_URL = `http://127.0.0.1:${MOCK_PORT}`;
export const MOCK_TOKEN = 'loja-de-mentira';
export const MOCK_ORDERS_PATH = '/v1/orders';
/** The largest page the store gives, whatever is asked for. */
export const MOCK_PAGE_LIMIT = 200;
