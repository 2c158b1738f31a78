package operator

import "parley/shared/op"

// Describe implements op.Describer.
func (protocol) Describe() op.Description {
	failure := []op.EnvelopeField{{Name: "code", Type: "integer"}, {Name: "error", Type: "string", Optional: true}}
	return op.Description{
		Brief: "What the operator of a deployment can do with its applications.",
		Conventions: ` Requests are signed with AWS Signature Version 4 by
a user or role that may invoke the route; the local cloud does not check the signature. The answer is
` + "`" + `{"code":0,"body":{...}}` + "`" + ` with the HTTP status 200, or ` + "`" + `{"code":12,"error":"..."}` + "`" + ` with the status 400, 404 if the
application does not exist, or 500 if Parley failed.`,
		Scheme: "iam",
		Signature: op.Parameter{In: "header", Name: "Authorization",
			About: "AWS Signature Version 4, service execute-api. The local cloud does not check it."},
		Envelopes: []op.Envelope{
			{Status: 200, About: "The operation succeeded", Fields: append(failure[:2:2], op.EnvelopeField{Name: "body", Optional: true})},
			{Status: 400, About: "The operation refused", Fields: failure},
			{Status: 404, About: "The application does not exist", Fields: failure},
			{Status: 500, About: "Parley failed", Fields: failure},
		},
		Code: "code",
	}
}
