namespace VhdPS;

/// <summary>What an error or a fault means and what a user can do about it.</summary>
/// <param name="Meaning">Sentences; the first says what is wrong.</param>
/// <param name="Action">What to do: the recommended action of error records, the advice of findings.</param>
/// <param name="Effect">What the fault prevents, where it is not what all faults of its effect prevent.</param>
/// <param name="Otherwise">What to do about a fault that is repairable where the file does not prove what would be right.</param>
internal sealed record Advice(string Meaning, string Action, string? Effect = null, string? Otherwise = null);
