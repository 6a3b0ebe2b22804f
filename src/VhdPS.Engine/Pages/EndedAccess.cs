namespace VhdPS.Engine.Pages;

/// <summary>What is said where the service lets no more requests through in the middle of a transfer.</summary>
internal static class EndedAccess
{
    /// <summary>The error, with why and how to go on.</summary>
    /// <param name="error">What the request got.</param>
    /// <param name="address">The blob.</param>
    /// <param name="statePath">The file that remembers how far the work is.</param>
    public static TransferException Describe(TransferException error, PageBlobAddress address, string statePath)
    {
        string why = address.ExpiryTime is { } time && time > DateTimeOffset.UtcNow
            ? "the SAS was revoked, or no longer lets requests through"
            : "the SAS has expired";
        return new TransferException(
            error.Target,
            error.Fault,
            $"{why} ({error.Reason.TrimEnd('.')}). What was transferred is kept, and '{statePath}' knows how far it is: "
            + "the same command with a new SAS goes on.");
    }
}
