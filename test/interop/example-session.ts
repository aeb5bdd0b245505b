/**
 * A session with the examples of a guide to testing shells: messages and what became of them, payloads of TLV and of CBOR, a
 * message from its bytes, what was received, an error. Tokens of messages are left out.
 */
export const exampleSession = String.raw`[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ read /1/1/3/1
* exact: read
-> Read /1/1/3/1
<- 4.04 (RES_NOT_FOUND): (no details available)
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ empty
* exact: empty
-> Empty ACKNOWLEDGEMENT, msg_id = 4921
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ reset
* exact: reset
-> Reset, msg_id = 4922
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ details 4
* exact: details

*** Send ***
Read /1/1/3/1

version: 1
type: CONFIRMABLE
code: 0.01 (REQ_GET)
msg_id: 4920
token: … (length: 8)
options:
    option 11 (URI_PATH), content (1 bytes): 1
    option 11 (URI_PATH), content (1 bytes): 1
    option 11 (URI_PATH), content (1 bytes): 3
    option 11 (URI_PATH), content (1 bytes): 1
content: 0 bytes

ascii-ish:



[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ details
* exact: details

*** Send ***
Reset, msg_id = 4922

version: 1
type: RESET
code: 0.00 (EMPTY)
msg_id: 4922
token:  (length: 0)
options:
${'    '}
content: 0 bytes

ascii-ish:



[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ tlv
* exact: tlv
[Lwm2mCmd/TLV] port: 9000, client: 127.0.0.1:47748 $ add_instance 0
* exact: add_instance
Selected top-level: instance
[Lwm2mCmd/TLV] port: 9000, client: 127.0.0.1:47748 $ add_multiple_resource 0
* exact: add_multiple_resource
[Lwm2mCmd/TLV] port: 9000, client: 127.0.0.1:47748 $ make_multires (0,\x02),(1,\x05)
* exact: make_multires
[Lwm2mCmd/TLV] port: 9000, client: 127.0.0.1:47748 $ add_instance 1
* exact: add_instance
[Lwm2mCmd/TLV] port: 9000, client: 127.0.0.1:47748 $ add_resource 1 type=int 11
* exact: add_resource
[Lwm2mCmd/TLV] port: 9000, client: 127.0.0.1:47748 $ add_resource 3 type=int 1
* exact: add_resource
[Lwm2mCmd/TLV] port: 9000, client: 127.0.0.1:47748 $ show
* exact: show
  path    value
---------------
  0       instance (1 resources)
  0/0       multiple resource (2 instances)
  0/0/0       resource instance = b'\x02' (int: 2)
  0/0/1       resource instance = b'\x05' (int: 5)
* 1       instance (2 resources)
  1/1       resource = b'\x0b' (int: 11)
  1/3       resource = b'\x01' (int: 1)
[Lwm2mCmd/TLV] port: 9000, client: 127.0.0.1:47748 $ exit
* exact: exit
exiting
\x08\x00\x08\x86\x00\x41\x00\x02\x41\x01\x05\x06\x01\xc1\x01\x0b\xc1\x03\x01
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ cbor
* exact: cbor
[Lwm2mCmd/CBOR] port: 9000, client: 127.0.0.1:47748 $ add_resource 0/0/0 int 2
* exact: add_resource
[Lwm2mCmd/CBOR] port: 9000, client: 127.0.0.1:47748 $ add_resource 0/0/1 int 5
* exact: add_resource
[Lwm2mCmd/CBOR] port: 9000, client: 127.0.0.1:47748 $ add_resource 1/1 int 11
* exact: add_resource
[Lwm2mCmd/CBOR] port: 9000, client: 127.0.0.1:47748 $ add_resource 1/3 int 1
* exact: add_resource
[Lwm2mCmd/CBOR] port: 9000, client: 127.0.0.1:47748 $ show
* exact: show
CBOR (4 elements):

  {<SenmlLabel.NAME: 0>: '0/0/0', <SenmlLabel.VALUE: 2>: 2}
  {<SenmlLabel.NAME: 0>: '0/0/1', <SenmlLabel.VALUE: 2>: 5}
  {<SenmlLabel.NAME: 0>: '1/1', <SenmlLabel.VALUE: 2>: 11}
  {<SenmlLabel.NAME: 0>: '1/3', <SenmlLabel.VALUE: 2>: 1}${' '}

[Lwm2mCmd/CBOR] port: 9000, client: 127.0.0.1:47748 $ exit
* exact: exit
exiting
\x84\xa2\x00\x65\x30\x2f\x30\x2f\x30\x02\x02\xa2\x00\x65\x30\x2f\x30\x2f\x31\x02\x05\xa2\x00\x63\x31\x2f\x31\x02\x0b\xa2\x00\x63\x31\x2f\x33\x02\x01
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ coap_decode \x60\x00\x13\x38
* exact: coap_decode
version: 1
type: ACKNOWLEDGEMENT
code: 0.00 (EMPTY)
msg_id: 4920
token:  (length: 0)
options:
${'    '}
content: 0 bytes

[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ reset_history
* exact: reset_history
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ details
* exact: details
message not found
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ payload_buffer_clear
* exact: payload_buffer_clear
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ read /1/1 APPLICATION_LWM2M_JSON
* exact: read
-> Read /1/1: accept APPLICATION_LWM2M_JSON
<- Content (11543 (APPLICATION_LWM2M_JSON); 193 bytes)
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ payload_buffer_show
* exact: payload_buffer_show
b'{"bn":"/1/1","e":[{"n":"/0","v":1},{"n":"/1","v":86400},{"n":"/6","bv":true},{"n":"/7","sv":"U"},{"n":"/17","v":1},{"n":"/18","v":0},{"n":"/19","v":1},{"n":"/20","v":0},{"n":"/23","bv":false}]}'
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ payload_buffer_show_hex
* exact: payload_buffer_show_hex
\x7b\x22\x62\x6e\x22\x3a\x22\x2f\x31\x2f\x31\x22\x2c\x22\x65\x22\x3a\x5b\x7b\x22\x6e\x22\x3a\x22\x2f\x30\x22\x2c\x22\x76\x22\x3a\x31\x7d\x2c\x7b\x22\x6e\x22\x3a\x22\x2f\x31\x22\x2c\x22\x76\x22\x3a\x38\x36\x34\x30\x30\x7d\x2c\x7b\x22\x6e\x22\x3a\x22\x2f\x36\x22\x2c\x22\x62\x76\x22\x3a\x74\x72\x75\x65\x7d\x2c\x7b\x22\x6e\x22\x3a\x22\x2f\x37\x22\x2c\x22\x73\x76\x22\x3a\x22\x55\x22\x7d\x2c\x7b\x22\x6e\x22\x3a\x22\x2f\x31\x37\x22\x2c\x22\x76\x22\x3a\x31\x7d\x2c\x7b\x22\x6e\x22\x3a\x22\x2f\x31\x38\x22\x2c\x22\x76\x22\x3a\x30\x7d\x2c\x7b\x22\x6e\x22\x3a\x22\x2f\x31\x39\x22\x2c\x22\x76\x22\x3a\x31\x7d\x2c\x7b\x22\x6e\x22\x3a\x22\x2f\x32\x30\x22\x2c\x22\x76\x22\x3a\x30\x7d\x2c\x7b\x22\x6e\x22\x3a\x22\x2f\x32\x33\x22\x2c\x22\x62\x76\x22\x3a\x66\x61\x6c\x73\x65\x7d\x5d\x7d
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ payload_buffer_show_tlv
* exact: payload_buffer_show_tlv
attempted to take 7217722 bytes, but only 187 available (try "get_error" for details)
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ payload_buffer_clear
* exact: payload_buffer_clear
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ read /1/1 APPLICATION_LWM2M_TLV
* exact: read
-> Read /1/1: accept APPLICATION_LWM2M_TLV
<- Content (11542 (APPLICATION_LWM2M_TLV); 30 bytes)
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ payload_buffer_show_tlv
* exact: payload_buffer_show_tlv
TLV (9 elements):

  resource 0 = b'\x01' (int: 1)
  resource 1 = b'\x00\x01Q\x80' (int: 86400, float: 0.000000, objlink: 1:20864)
  resource 6 = b'\x01' (int: 1)
  resource 7 = b'U' (int: 85)
  resource 17 = b'\x01' (int: 1)
  resource 18 = b'\x00' (int: 0)
  resource 19 = b'\x01' (int: 1)
  resource 20 = b'\x00' (int: 0)
  resource 23 = b'\x00' (int: 0)
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $ read 0/3
* exact: read
could not send Lwm2mRead (not a valid LwM2M path: 0/3) (try "get_error" for details)
[Lwm2mCmd] port: 9000, client: 127.0.0.1:47748 $${' '}`
