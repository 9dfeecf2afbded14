// Package awserr turns whatever the AWS SDK returns into one thing a person
// can act on: a code, the operation, the resource and the IAM action it needs,
// AWS's own message, a next step and the request id.
//
// In goes any error of a call ([From]); out comes an [Error]. The same error
// comes from AWS in several shapes, so it is judged on three levels: by its
// type, by its code and by its HTTP status. Questions that decide what to do
// next ("is it gone?", "is it throttling?") are functions here ([IsNotFoundEntry],
// [IsThrottle]), so that texts of AWS are matched in this package alone.
//
// It must not know plans, files or the terminal. Messages are carried as AWS
// wrote them, less what might hold a credential; the code that prints them makes
// them safe for a terminal.
package awserr
