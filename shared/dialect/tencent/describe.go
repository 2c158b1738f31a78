package tencent

import "parley/shared/op"

// Describe implements op.Describer.
func (protocol) Describe() op.Description {
	return op.Description{
		Brief: "The v4 server REST API. The backends of applications call it.",
		Conventions: ` The caller is an admin of the
application. The UserSig of the admin ([usersig.md](../usersig.md)) is in the query:

    POST /v4/openim/sendmsg?sdkappid=1400000001&identifier=administrator&usersig=...&random=99999999&contenttype=json

The HTTP status is always 200. Every answer has these fields, and the fields of its own operation:

| field | type | note |
| --- | --- | --- |
| ` + "`ActionStatus`" + ` | string | OK or FAIL; SomeError if a part of a batch failed |
| ` + "`ErrorCode`" + ` | integer | 0 for success, or an error number of [errors.md](../errors.md) |
| ` + "`ErrorInfo`" + ` | string | a sentence for the developer |`,
		Scheme:    "userSigQuery",
		Signature: op.Parameter{In: "query", Name: "usersig", About: "A UserSig of an admin of the application (docs/reference/usersig.md)"},
		Parameters: []op.Parameter{
			{In: "query", Name: "sdkappid", Type: "integer", Required: true, About: "The application"},
			{In: "query", Name: "identifier", Type: "string", Required: true, About: "An admin of the application"},
			{In: "query", Name: "random", Type: "integer", About: "A random number. Parley does not read it."},
			{In: "query", Name: "contenttype", Type: "string", About: "Always json"},
		},
		Envelopes: []op.Envelope{{Status: 200, About: "The operation succeeded or refused: see ErrorCode", Fields: []op.EnvelopeField{
			{Name: "ActionStatus", Type: "string", Values: []string{"OK", "SomeError", "FAIL"}},
			{Name: "ErrorCode", Type: "integer"},
			{Name: "ErrorInfo", Type: "string"},
			{},
		}}},
		Code: "ErrorCode",
	}
}
