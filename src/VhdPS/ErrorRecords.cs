using System.Management.Automation;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Pages;

namespace VhdPS;

/// <summary>Exception to error record: id, category, target and advice, in one switch.</summary>
internal static class ErrorRecords
{
    /// <summary>The record for an exception that an input can cause; null for one that only a fault in the program can.</summary>
    public static ErrorRecord? TryMake(Exception exception, object? target)
    {
        exception = Printable(exception);
        ErrorRecord? record = exception switch
        {
            VhdFormatException error =>
                new ErrorRecord(error, error.Finding.Code.ToString(), Category(error.Finding.Code), target ?? error.Path),
            VhdOperationException error => new ErrorRecord(error, error.Code.ToString(), Category(error.Code), target ?? error.Path),
            TransferException error => new ErrorRecord(error, error.Fault.ToString(), Category(error.Fault), target ?? error.Target),
            NbdException error => new ErrorRecord(error, $"Nbd{error.Fault}", Category(error.Fault), target ?? error.Uri),
            ImageInUseException error => new ErrorRecord(error, "ImageInUse", ErrorCategory.ResourceBusy, target ?? error.Path),
            ImageIOException error => new ErrorRecord(error, Id(error), Category(error), target ?? error.Path),
            ItemNotFoundException or System.Management.Automation.DriveNotFoundException =>
                new ErrorRecord(exception, "PathNotFound", ErrorCategory.ObjectNotFound, target),
            ImageAccessException or UnauthorizedAccessException =>
                new ErrorRecord(exception, "AccessDenied", ErrorCategory.PermissionDenied, target),
            PathTooLongException or ArgumentException or ProviderNotFoundException or WildcardPatternException =>
                new ErrorRecord(exception, "InvalidArgument", ErrorCategory.InvalidArgument, target),
            PSNotSupportedException or PSInvalidOperationException or ProviderInvocationException =>
                new ErrorRecord(exception, "PathNotUsable", ErrorCategory.InvalidArgument, target),
            IOException => new ErrorRecord(exception, "IOError", ErrorCategory.ReadError, target),
            _ => null,
        };
        if (record is not null)
        {
            record.CategoryInfo.TargetName = PrintableText.Escape(record.CategoryInfo.TargetName);
            record.ErrorDetails = new ErrorDetails(PrintableText.Escape(Message(exception)))
            {
                RecommendedAction = exception is ImageInUseException { IsOpenHere: true }
                    ? AdviceCatalog.OpenHereAction
                    : AdviceCatalog.Of(record.FullyQualifiedErrorId).Action,
            };
        }

        return record;
    }

    /// <summary>
    /// The framework's own errors name files as they are; the engine's are printable already. A file that is not there is the same
    /// error whether PowerShell or the engine has looked for it.
    /// </summary>
    private static Exception Printable(Exception exception)
    {
        string message = PrintableText.Escape(exception.Message);
        return exception switch
        {
            FileNotFoundException or DirectoryNotFoundException => new ItemNotFoundException(message, exception),
            _ when PrintableText.IsPrintable(exception.Message) => exception,
            ItemNotFoundException => new ItemNotFoundException(message, exception),
            UnauthorizedAccessException => new UnauthorizedAccessException(message, exception),
            ArgumentException => new ArgumentException(message, exception),
            _ => exception,
        };
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

    private static ErrorCategory Category(NbdFault fault) => fault switch
    {
        NbdFault.InvalidUri => ErrorCategory.InvalidArgument,
        NbdFault.Unreachable or NbdFault.ConnectionLost => ErrorCategory.ConnectionError,
        NbdFault.ExportNotFound => ErrorCategory.ObjectNotFound,
        NbdFault.EncryptionRequired or NbdFault.EncryptionFailed or NbdFault.CertificateNotTrusted => ErrorCategory.SecurityError,
        NbdFault.ProtocolViolation => ErrorCategory.ProtocolError,
        NbdFault.TimedOut => ErrorCategory.OperationTimeout,
        NbdFault.RequestFailed => ErrorCategory.ReadError,
        NbdFault.AddressUnavailable => ErrorCategory.ResourceUnavailable,
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
