namespace TrainOnYourCsv;

/// <summary>Something that whoever runs the program can put right: its message is all they need to see.</summary>
internal sealed class UserError(string message) : Exception(message);
