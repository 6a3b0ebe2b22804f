using VhdPS.Engine.Format;

namespace VhdPS.Engine.Pages;

/// <summary>Why a transfer to or from a page blob did not go on.</summary>
public enum TransferFault
{
    /// <summary>The service did not let the request through: the signature has expired, is not right or lacks a permission.</summary>
    BlobAccessDenied,

    /// <summary>There is no such blob.</summary>
    BlobNotFound,

    /// <summary>The service was busy or could not be reached, and stayed so through all tries.</summary>
    BlobUnavailable,

    /// <summary>Someone else holds a lease on the blob, or sends with the same state file.</summary>
    BlobInUse,

    /// <summary>The blob exists already and nothing says that it may be overwritten.</summary>
    BlobExists,

    /// <summary>The blob was changed while it was read.</summary>
    BlobChanged,

    /// <summary>The blob is of a type, or of a content, that cannot be used.</summary>
    BlobUnsuitable,

    /// <summary>The managed disk is smaller than what is to be sent.</summary>
    BlobTooSmall,

    /// <summary>The disk is larger than a page blob or a managed disk can be.</summary>
    DiskTooLarge,

    /// <summary>The service refused a request for another reason.</summary>
    BlobRequestRefused,

    /// <summary>What was read back is not what was sent.</summary>
    BlobContentDiffers,

    /// <summary>The state file is of another source or another target.</summary>
    TransferStateDiffers,

    /// <summary>The record beside a parent is missing or names another snapshot.</summary>
    TransferRecordDiffers,
}

/// <summary>A transfer to or from a page blob could not go on. No message holds the query of a URI.</summary>
public sealed class TransferException : VhdException
{
    /// <summary>Names the blob or file and the reason.</summary>
    public TransferException(string target, TransferFault fault, string message)
        : base(target, message)
    {
        Fault = fault;
        Reason = PrintableText.Escape(message);
    }

    /// <summary>The blob's URI without its query, or the file.</summary>
    public string Target => Path;

    /// <summary>The reason.</summary>
    public TransferFault Fault { get; }

    /// <summary>The message without the target's name.</summary>
    public string Reason { get; }

    /// <summary>How long the service asks to wait before the request is made again; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed a little later.</summary>
    public bool IsTransient => Fault == TransferFault.BlobUnavailable;
}
