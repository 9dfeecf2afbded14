// Package render draws what people and machines see: a value goes in, bytes
// come out.
//
// [Plan] and [Result] take the value of a run and a [Format]; [JSON] is the
// encoder of every JSON the program writes, saved files too, so that what is
// saved, shown and shown again is the same; [Problems] is what is wrong with a
// file.
//
// Nothing that was read from AWS or from a file reaches the writer as it is:
// it goes through [Safe], and on into the escapes of the format, so that no
// name can drive a terminal, break a table or end a Markdown cell. Output
// hangs on the arguments alone, never on the environment.
//
// It knows the plan, the result of an apply and the facts of EKS. It must not
// know the network, the AWS SDK, files, or whether it writes to a terminal.
package render
