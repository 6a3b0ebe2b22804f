using System.Management.Automation;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Pages;

namespace VhdPS;

/// <summary>Exception to error record: id, category, target and advice, in one switch.</summary>
internal static class ErrorRecords
{
    /// <summary>The record for an exception that an input can cause; null for one that only a fault in the program can.</summary>
    public static ErrorRecord? TryMake(Exception exception, object? target)
    {
        ErrorRecord? record = exception switch
        {
            VhdFormatException error =>
                new ErrorRecord(error, error.Finding.Code.ToString(), Category(error.Finding.Code), target ?? error.Path),
            VhdOperationException error => new ErrorRecord(error, error.Code.ToString(), Category(error.Code), target ?? error.Path),
            TransferException error => new ErrorRecord(error, error.Fault.ToString(), Category(error.Fault), target ?? error.Target),
            ImageInUseException error => new ErrorRecord(error, "ImageInUse", ErrorCategory.ResourceBusy, target ?? error.Path),
            ImageIOException error => new ErrorRecord(error, Id(error), Category(error), target ?? error.Path),
            FileNotFoundException or DirectoryNotFoundException or ItemNotFoundException
                or System.Management.Automation.DriveNotFoundException =>
                new ErrorRecord(exception, "PathNotFound", ErrorCategory.ObjectNotFound, target),
            UnauthorizedAccessException => new ErrorRecord(exception, "AccessDenied", ErrorCategory.PermissionDenied, target),
            PathTooLongException or ArgumentException or ProviderNotFoundException =>
                new ErrorRecord(exception, "InvalidArgument", ErrorCategory.InvalidArgument, target),
            PSNotSupportedException or PSInvalidOperationException or ProviderInvocationException =>
                new ErrorRecord(exception, "PathNotUsable", ErrorCategory.InvalidArgument, target),
            IOException => new ErrorRecord(exception, "IOError", ErrorCategory.ReadError, target),
            _ => null,
        };
        if (record is not null)
        {
            record.ErrorDetails = new ErrorDetails(Message(exception))
            {
                RecommendedAction = AdviceCatalog.Of(record.FullyQualifiedErrorId).Action,
            };
        }

        return record;
    }

    /// <summary>The engine's message and, where one helps, the parameter that does.</summary>
    private static string Message(Exception exception) =>
        exception is VhdOperationException error && AdviceCatalog.HintFor(error) is { } hint
            ? $"{error.Message.TrimEnd('.')}; {hint}"
            : exception.Message;

    private static ErrorCategory Category(FaultCode code) => code switch
    {
        FaultCode.NotRegularFile => ErrorCategory.InvalidType,
        FaultCode.ParentNotFound => ErrorCategory.ObjectNotFound,
        _ => ErrorCategory.InvalidData,
    };

    private static ErrorCategory Category(TransferFault fault) => fault switch
    {
        TransferFault.BlobAccessDenied => ErrorCategory.PermissionDenied,
        TransferFault.BlobNotFound => ErrorCategory.ObjectNotFound,
        TransferFault.BlobUnavailable => ErrorCategory.ConnectionError,
        TransferFault.BlobInUse => ErrorCategory.ResourceBusy,
        TransferFault.BlobExists => ErrorCategory.ResourceExists,
        TransferFault.BlobTooSmall or TransferFault.DiskTooLarge => ErrorCategory.LimitsExceeded,
        TransferFault.BlobContentDiffers or TransferFault.BlobUnsuitable => ErrorCategory.InvalidData,
        _ => ErrorCategory.InvalidOperation,
    };

    private static ErrorCategory Category(OperationError code) => code switch
    {
        OperationError.TargetExists or OperationError.UndoFileExists => ErrorCategory.ResourceExists,
        OperationError.ImageFull => ErrorCategory.LimitsExceeded,
        OperationError.NotEnoughSpace => ErrorCategory.ResourceUnavailable,
        OperationError.DeviceInUse => ErrorCategory.ResourceBusy,
        _ => ErrorCategory.InvalidOperation,
    };

    private static ErrorCategory Category(ImageIOException error) => error.Operation switch
    {
        ImageIOOperation.Read => ErrorCategory.ReadError,
        ImageIOOperation.Open => ErrorCategory.OpenError,
        _ => ErrorCategory.WriteError,
    };

    private static string Id(ImageIOException error) => error.IsDiskFull ? "DiskFull" : $"{error.Operation}Failed";
}
