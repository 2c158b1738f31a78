package client

import "parley/shared/op"

// Describe implements op.Describer.
func (protocol) Describe() op.Description {
	failure := []op.EnvelopeField{{Name: "code", Type: "integer"}, {Name: "error", Type: "string", Optional: true}}
	return op.Description{
		Brief: "What signed-in users can do, over a WebSocket or HTTP (docs/client-protocol.md).",
		Conventions: `
A call over either of them has the same body and the same answer.

Over HTTP the UserSig of the caller ([usersig.md](../usersig.md)) is in a header. The header Parley-Instance names the
installation that makes the call: events about the call are not delivered to it, but to the other devices of the user.

    POST /client/message.send
    Authorization: UserSig 1400000001 alice <usersig>
    Parley-Instance: installation-1

The answer is ` + "`" + `{"code":0,"body":{...}}` + "`" + ` or ` + "`" + `{"code":90003,"error":"..."}` + "`" + `. The HTTP status is 200, or 401 if the
caller is not identified or is refused, 429 if a rate limit is exceeded, 500 if Parley failed.

Over the WebSocket a call is the frame ` + "`" + `{"action":"message.send","id":"7","body":{...}}` + "`" + `, and its answer is the frame
` + "`" + `{"id":"7","code":0,"body":{...}}` + "`" + `. The frame ` + "`" + `{"action":"p"}` + "`" + ` keeps a connection open; the server does not answer it.
The frame ` + "`" + `{"action":"pp"}` + "`" + ` is answered with ` + "`" + `{"event":"pong"}` + "`" + `.`,
		Scheme:    "userSigHeader",
		Signature: op.Parameter{In: "header", Name: "Authorization", About: "UserSig <sdkappid> <identifier> <usersig>"},
		Parameters: []op.Parameter{{In: "header", Name: "Parley-Instance", Type: "string",
			About: "The installation that makes the call. Events about the call are not delivered to it, but to the other devices of the user."}},
		Envelopes: []op.Envelope{
			{Status: 200, About: "The operation succeeded or refused: see code", Fields: append(failure[:2:2], op.EnvelopeField{Name: "body", Optional: true})},
			{Status: 401, About: "The caller is not identified, or is refused", Fields: failure},
			{Status: 429, About: "A rate limit is exceeded", Fields: failure},
			{Status: 500, About: "Parley failed", Fields: failure},
		},
		Code: "code",
	}
}
