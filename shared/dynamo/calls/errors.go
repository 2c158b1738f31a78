package calls

// The errors of writes that a caller can tell apart. All others have a code and a message only.
// DynamoDB describes them in "Error handling with DynamoDB", Amazon DynamoDB developer guide.
type (
	// ConditionalCheckFailedException says that the condition of a write does not hold.
	ConditionalCheckFailedException struct {
		Message string
		Item    Attributes // as the condition found it, if the call has asked for it
	}
	// TransactionConflictException says that a transaction works on the same item.
	TransactionConflictException struct{ Message string }
	// TransactionCanceledException says that DynamoDB has made no write of a transaction.
	TransactionCanceledException struct {
		Message             string
		CancellationReasons []CancellationReason // one for each write, in their order
	}
)

// CancellationReason says what was wrong with a write of a transaction. The code "None" says that
// the write was good.
type CancellationReason struct {
	Code    string
	Message string
	Item    Attributes // as the condition found it, if the write has asked for it
}

// The codes.
const (
	conditionalCheckFailed = "ConditionalCheckFailedException"
	transactionConflict    = "TransactionConflictException"
	transactionCanceled    = "TransactionCanceledException"
)

// ErrorCode returns the name of the error.
func (*ConditionalCheckFailedException) ErrorCode() string { return conditionalCheckFailed }

// ErrorCode returns the name of the error.
func (*TransactionConflictException) ErrorCode() string { return transactionConflict }

// ErrorCode returns the name of the error.
func (*TransactionCanceledException) ErrorCode() string { return transactionCanceled }

// ErrorMessage returns what DynamoDB says about the error.
func (e *ConditionalCheckFailedException) ErrorMessage() string { return e.Message }

// ErrorMessage returns what DynamoDB says about the error.
func (e *TransactionConflictException) ErrorMessage() string { return e.Message }

// ErrorMessage returns what DynamoDB says about the error.
func (e *TransactionCanceledException) ErrorMessage() string { return e.Message }

// Error returns the name and the message.
func (e *ConditionalCheckFailedException) Error() string {
	return conditionalCheckFailed + ": " + e.Message
}

// Error returns the name and the message.
func (e *TransactionConflictException) Error() string {
	return transactionConflict + ": " + e.Message
}

// Error returns the name and the message.
func (e *TransactionCanceledException) Error() string {
	return transactionCanceled + ": " + e.Message
}
