# A server in the hands of somebody, and a client of Eclipse Leshan with the Test Object (3442), over DTLS:
#
#   lwm2m shell --listen 5684 --psk-identity leshan --psk-key password --script leshan-client.nsh
#
# The first line is read when a client has talked. The exit code is 1 where something was not as expected.

wait registered 30

# What there is, and what it is.
discover /3442/0
read /3/0/0
payload_buffer_clear
read /1/0 APPLICATION_LWM2M_TLV
payload_buffer_show_tlv

# What comes next is compared with what is expected.
expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"Eclipse Leshan")
read /3/0/0 accept=TEXT_PLAIN
expect Lwm2mChanged(msg_id=ANY,token=ANY)
write /3442/0/130 21.25
expect Lwm2mContent(msg_id=ANY,token=ANY,content=b"21.25")
read /3442/0/130 accept=TEXT_PLAIN
expect "Lwm2mErrorResponse(code=coap.Code.RES_NOT_FOUND, msg_id=ANY, token=ANY)"
read /9/0/0

# Several resources in one message; a quote is a byte of its own.
expect Lwm2mChanged(msg_id=ANY,token=ANY)
write_composite [{\x22n\x22:\x22/3442/0/130\x22,\x22v\x22:20.5}] APPLICATION_LWM2M_SENML_JSON
read_composite /3/0/0,/3442/0/130 APPLICATION_LWM2M_SENML_JSON
details

# An observation with a token that is easy to recognize. The client changes the value while it lasts.
write_attributes /3442/0/130 pmax=300
observe /3442/0/130 accept=TEXT_PLAIN token=\x01\x02
expect Lwm2mNotify(token=b"\x01\x02",content=b"22.5",confirmable=True)
recv 30
observe /3442/0/130 observe=1 accept=TEXT_PLAIN token=\x01\x02

# A file, here this one, in blocks.
write_file leshan-client.nsh /3442/0/150 chunksize=512
coap_get /3442/0/150 options=BLOCK2(0,False,64) accept=APPLICATION_OCTET_STREAM

# Registration Update Trigger: the answer and the Update come in either order.
execute /1/0/8
recv 2
