using System.Globalization;
using Azure;
using VhdPS.Engine.Format;
using VhdPS.Engine.Pages;

namespace VhdPS.Azure;

/// <summary>What the service or the network answered, as an error that names the blob and holds no secret.</summary>
internal static class ServiceError
{
    /// <summary>The error; null for what is a fault of the program, or a cancellation that was asked for.</summary>
    public static TransferException? TryDescribe(Exception error, PageBlobAddress address, CancellationToken cancellation) => error switch
    {
        TransferException => null,
        OperationCanceledException when cancellation.IsCancellationRequested => null,
        OperationCanceledException => Unavailable(address, "the service did not answer in time."),
        RequestFailedException { Status: > 0 } refused => Describe(refused, address),
        FileNotFoundException or FileLoadException or TypeLoadException or BadImageFormatException or OutOfMemoryException => null,
        RequestFailedException or HttpRequestException or (IOException and not VhdException) or InvalidDataException => Unavailable(
            address, $"the connection failed: {address.Redact(Innermost(error).Message)}"),
        AggregateException { InnerException: { } inner } => TryDescribe(inner, address, cancellation),

        // The library trusts what it is answered: what it throws of an answer that is none can be anything.
        _ => new TransferException(
            address.Target, TransferFault.BlobRequestRefused, $"the answer cannot be read: {address.Redact(Innermost(error).Message)}"),
    };

    private static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;

    private static TransferException Unavailable(PageBlobAddress address, string message, TimeSpan? retryAfter = null) =>
        new(address.Target, TransferFault.BlobUnavailable, message) { RetryAfter = retryAfter };

    private static TransferException Describe(RequestFailedException error, PageBlobAddress address)
    {
        string answer = error.ErrorCode is { Length: > 0 } code
            ? string.Create(CultureInfo.InvariantCulture, $"{error.Status} {code}")
            : error.Status.ToString(CultureInfo.InvariantCulture);
        if (error.Status is 408 or 429 or 500 or 502 or 503 or 504)
        {
            return Unavailable(address, $"the service is busy or ailing ({answer}).", RetryAfter(error));
        }

        (TransferFault fault, string message) = error.Status switch
        {
            401 or 403 => (TransferFault.BlobAccessDenied, Denied(address, answer)),
            404 => (TransferFault.BlobNotFound, $"there is no such blob ({answer})."),
            409 when IsOfLease(error) => (TransferFault.BlobInUse, $"someone else holds a lease on the blob ({answer})."),
            412 when IsOfLease(error) => (TransferFault.BlobInUse, $"someone else has taken the lease on the blob ({answer})."),
            409 when error.ErrorCode is "BlobAlreadyExists" or "UnauthorizedBlobOverwrite" =>
                (TransferFault.BlobExists, $"the blob exists already ({answer})."),
            412 => (TransferFault.BlobChanged, $"the blob was changed meanwhile ({answer})."),
            _ => (TransferFault.BlobRequestRefused, $"the service refused a request ({answer})."),
        };
        return new TransferException(address.Target, fault, message);
    }

    private static string Denied(PageBlobAddress address, string answer) => address.ExpiryTime is { } time && time <= DateTimeOffset.UtcNow
        ? string.Create(CultureInfo.InvariantCulture, $"the SAS expired at {time:u} ({answer}).")
        : $"the SAS is not valid, has been revoked, or lacks a permission ({answer}).";

    private static bool IsOfLease(RequestFailedException error) => error.ErrorCode?.Contains("Lease", StringComparison.Ordinal) == true;

    private static TimeSpan? RetryAfter(RequestFailedException error) =>
        error.GetRawResponse()?.Headers.TryGetValue("Retry-After", out string? text) == true
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
