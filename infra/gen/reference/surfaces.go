package reference

import "parley/infra/gen/source"

// brief says in one line what a surface is: the comment of its package, if it has no line here.
func brief(src *source.Source, surface string) (string, error) {
	if line := known(surface); line != "" {
		return line, nil
	}
	return src.Package(surface, "")
}

// known returns the lines of the surfaces that say more than the comment of their package.
func known(surface string) string {
	switch surface {
	case "tencent":
		return "The v4 server REST API. The backends of applications call it."
	case "client":
		return "What signed-in users can do, over a WebSocket or HTTP (docs/client-protocol.md)."
	case "operator":
		return "What the operator of a deployment can do with its applications."
	case "worker":
		return "Functions that process the jobs of queues and the records of streams, or run on a schedule. Nobody calls them."
	}
	return ""
}

// conventions says what is true for all operations of a surface: how they are called and what
// they answer. It follows the line of brief in the README.md of the surface's folder.
func conventions(surface string) string {
	switch surface {
	case "tencent":
		return ` The caller is an admin of the
application. The UserSig of the admin ([usersig.md](../usersig.md)) is in the query:

    POST /v4/openim/sendmsg?sdkappid=1400000001&identifier=administrator&usersig=...&random=99999999&contenttype=json

The HTTP status is always 200. Every answer has these fields, and the fields of its own operation:

| field | type | note |
| --- | --- | --- |
| ` + "`ActionStatus`" + ` | string | OK or FAIL; SomeError if a part of a batch failed |
| ` + "`ErrorCode`" + ` | integer | 0 for success, or an error number of [errors.md](../errors.md) |
| ` + "`ErrorInfo`" + ` | string | a sentence for the developer |`
	case "client":
		return `
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
The frame ` + "`" + `{"action":"pp"}` + "`" + ` is answered with ` + "`" + `{"event":"pong"}` + "`" + `.`
	case "operator":
		return ` Requests are signed with AWS Signature Version 4 by
a user or role that may invoke the route; the local cloud does not check the signature. The answer is
` + "`" + `{"code":0,"body":{...}}` + "`" + ` with the HTTP status 200, or ` + "`" + `{"code":12,"error":"..."}` + "`" + ` with the status 400, 404 if the
application does not exist, or 500 if Parley failed.`
	case "worker":
		return `

If a job of a queue fails, SQS delivers it again, without the other jobs of its batch. After five failures the job goes
to the dead-letter queue. If a batch of a stream fails, Lambda repeats it until it succeeds.`
	}
	return ""
}
