package reference

// brief says in a line what a surface is.
func brief(surface string) string {
	switch surface {
	case "tencent":
		return "The v4 server REST API, for the backends of applications."
	case "client":
		return "What signed-in users do, over a WebSocket or HTTP (docs/client-protocol.md)."
	case "operator":
		return "What whoever runs the deployment does with its applications."
	case "worker":
		return "What consumes queues and streams, and what runs by the clock; nobody calls it."
	}
	return ""
}

// intro says what holds for all operations of a surface.
func intro(surface string) string {
	switch surface {
	case "tencent":
		return brief(surface) + ` The caller signs with a UserSig ([usersig.md](usersig.md)) as an admin of the
application, in the query:

    POST /v4/openim/sendmsg?sdkappid=1400000001&identifier=administrator&usersig=...&random=99999999&contenttype=json

The HTTP status is always 200. Every answer has these fields, and those of its command besides:

| field | type | note |
| --- | --- | --- |
| ` + "`ActionStatus`" + ` | string | OK or FAIL; SomeError where part of a batch failed |
| ` + "`ErrorCode`" + ` | integer | 0 or a number of [errors.md](errors.md) |
| ` + "`ErrorInfo`" + ` | string | a sentence for the developer |`
	case "client":
		return brief(surface) + ` Both ways in take the same body and give the same answer.

Over HTTP the caller signs with a UserSig ([usersig.md](usersig.md)) in a header, and names its installation so that
its own device is not told what it did itself:

    POST /client/message.send
    Authorization: UserSig 1400000001 alice <usersig>
    Parley-Instance: installation-1

The answer is ` + "`" + `{"code":0,"body":{...}}` + "`" + ` or ` + "`" + `{"code":90003,"error":"..."}` + "`" + `; the HTTP status is 200, 401 where the
identity is refused, 429 over a limit of rate, 500 where Parley failed.

Over the WebSocket a call is the frame ` + "`" + `{"action":"message.send","id":"7","body":{...}}` + "`" + ` and its answer
` + "`" + `{"id":"7","code":0,"body":{...}}` + "`" + `. ` + "`" + `{"action":"p"}` + "`" + ` keeps a connection open and is answered by nothing;
` + "`" + `{"action":"pp"}` + "`" + ` is answered with ` + "`" + `{"event":"pong"}` + "`" + `.`
	case "operator":
		return brief(surface) + ` Requests are signed with AWS Signature Version 4 by a user or role that may
invoke the route; on the local cloud they are open. The answer is ` + "`" + `{"code":0,"body":{...}}` + "`" + ` or
` + "`" + `{"code":12,"error":"..."}` + "`" + ` with the HTTP status 400, 404 for an unknown application or 500 where Parley failed.`
	case "worker":
		return brief(surface) + ` A job of a queue that fails comes again, alone, up to five times,
and goes to the dead-letter queue then. A batch of a stream comes again until it succeeds.`
	}
	return ""
}
