// Package calls describes the calls of DynamoDB that the program makes: their inputs, outputs,
// values and errors, as data. The names are those of DynamoDB
// (docs.aws.amazon.com/amazondynamodb/latest/APIReference), and a type has the members that the
// program uses. The SDK has a type for every call of DynamoDB, and makes tables of all their
// members when a program starts (docs/adr/0046-start.md). A member that is nil or empty is not
// sent.
package calls

// Words that inputs contain.
const (
	// ReturnConsumedCapacityTotal asks for what the call consumes.
	ReturnConsumedCapacityTotal = "TOTAL"
	// AllOld asks for the item as it was before the write, or as a failed condition found it.
	AllOld = "ALL_OLD"
	// AllNew asks for the item as it is after the update.
	AllNew = "ALL_NEW"
	// SelectCount asks for the number of items only.
	SelectCount = "COUNT"
)

// GetItemInput reads an item.
type GetItemInput struct {
	TableName                *string
	Key                      Attributes
	ConsistentRead           *bool
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
	ReturnConsumedCapacity   string
}

// GetItemOutput is the answer to GetItemInput.
type GetItemOutput struct {
	Item             Attributes // nil if there is no item
	ConsumedCapacity *ConsumedCapacity
}

// BatchGetItemInput reads up to 100 items.
type BatchGetItemInput struct {
	RequestItems           map[string]KeysAndAttributes // by table
	ReturnConsumedCapacity string
}

// BatchGetItemOutput is the answer to BatchGetItemInput.
type BatchGetItemOutput struct {
	Responses        map[string][]Attributes
	UnprocessedKeys  map[string]KeysAndAttributes
	ConsumedCapacity []ConsumedCapacity
}

// KeysAndAttributes says which items of a table are read.
type KeysAndAttributes struct {
	Keys                     []Attributes
	ConsistentRead           *bool
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

// QueryInput reads items of a partition.
type QueryInput struct {
	TableName                 *string
	IndexName                 *string
	KeyConditionExpression    *string
	FilterExpression          *string
	ProjectionExpression      *string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues Attributes
	ConsistentRead            *bool
	ScanIndexForward          *bool // nil: true
	Limit                     *int32
	Select                    string
	ExclusiveStartKey         Attributes
	ReturnConsumedCapacity    string
}

// QueryOutput is the answer to QueryInput.
type QueryOutput struct {
	Items            []Attributes
	Count            int32
	ScannedCount     int32
	LastEvaluatedKey Attributes // nil on the last page
	ConsumedCapacity *ConsumedCapacity
}

// PutItemInput writes a whole item.
type PutItemInput struct {
	TableName                           *string
	Item                                Attributes
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           Attributes
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
	ReturnConsumedCapacity              string
}

// PutItemOutput is the answer to PutItemInput.
type PutItemOutput struct {
	Attributes       Attributes
	ConsumedCapacity *ConsumedCapacity
}

// UpdateItemInput changes attributes of an item.
type UpdateItemInput struct {
	TableName                           *string
	Key                                 Attributes
	UpdateExpression                    *string
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           Attributes
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
	ReturnConsumedCapacity              string
}

// UpdateItemOutput is the answer to UpdateItemInput.
type UpdateItemOutput struct {
	Attributes       Attributes
	ConsumedCapacity *ConsumedCapacity
}

// DeleteItemInput removes an item.
type DeleteItemInput struct {
	TableName                           *string
	Key                                 Attributes
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           Attributes
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
	ReturnConsumedCapacity              string
}

// DeleteItemOutput is the answer to DeleteItemInput.
type DeleteItemOutput struct {
	Attributes       Attributes
	ConsumedCapacity *ConsumedCapacity
}

// BatchWriteItemInput writes or removes up to 25 items.
type BatchWriteItemInput struct {
	RequestItems           map[string][]WriteRequest // by table
	ReturnConsumedCapacity string
}

// BatchWriteItemOutput is the answer to BatchWriteItemInput.
type BatchWriteItemOutput struct {
	UnprocessedItems map[string][]WriteRequest
	ConsumedCapacity []ConsumedCapacity
}

// WriteRequest writes or removes an item.
type WriteRequest struct {
	PutRequest    *PutRequest
	DeleteRequest *DeleteRequest
}

// PutRequest writes an item.
type PutRequest struct{ Item Attributes }

// DeleteRequest removes an item.
type DeleteRequest struct{ Key Attributes }

// TransactWriteItemsInput makes up to 100 writes together, or none of them.
type TransactWriteItemsInput struct {
	TransactItems []TransactWriteItem
	// ClientRequestToken is the same for each try of the transaction. The client makes one if it
	// is nil.
	ClientRequestToken     *string
	ReturnConsumedCapacity string
}

// TransactWriteItemsOutput is the answer to TransactWriteItemsInput.
type TransactWriteItemsOutput struct{ ConsumedCapacity []ConsumedCapacity }

// TransactWriteItem is one write of a transaction. One of its members is not nil.
type TransactWriteItem struct {
	Put            *Put
	Update         *Update
	Delete         *Delete
	ConditionCheck *ConditionCheck
}

// Put writes a whole item in a transaction.
type Put struct {
	TableName                           *string
	Item                                Attributes
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           Attributes
	ReturnValuesOnConditionCheckFailure string
}

// Update changes attributes of an item in a transaction.
type Update struct {
	TableName                           *string
	Key                                 Attributes
	UpdateExpression                    *string
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           Attributes
	ReturnValuesOnConditionCheckFailure string
}

// Delete removes an item in a transaction.
type Delete struct {
	TableName                           *string
	Key                                 Attributes
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           Attributes
	ReturnValuesOnConditionCheckFailure string
}

// ConditionCheck checks an item in a transaction, and writes nothing.
type ConditionCheck struct {
	TableName                           *string
	Key                                 Attributes
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           Attributes
	ReturnValuesOnConditionCheckFailure string
}

// ConsumedCapacity is what a call has consumed of a table, in units of DynamoDB.
type ConsumedCapacity struct {
	TableName          *string
	CapacityUnits      *float64
	ReadCapacityUnits  *float64
	WriteCapacityUnits *float64
}
