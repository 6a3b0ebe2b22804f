using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>What to do about an error, by its id: the faults' is in their catalogue, that of all others here, as about_VpcErrors has it.</summary>
internal static class ErrorAdvice
{
    /// <summary>The advice for an error id.</summary>
    public static string For(string id) =>
        Enum.TryParse(id, out FaultCode code) ? FaultCatalog.Of(code).Action : id switch
        {
            "OpenedForReading" => "Open it for writing. No cmdlet does this; it is for callers of the engine.",
            "EarlierWriteFailed" => "Remove the cause (a full disk, a lost connection), run the command again, and check the image.",
            "ImageFull" => "Convert the image into a fixed one, or a smaller disk.",
            "TargetExists" => "Give another name, or -Force to replace it where the cmdlet has it. An undo file is never replaced: -Backup names another.",
            "StateSaved" => "Start the machine and shut it down, then try again. -Force goes on where the cmdlet has it.",
            "SameFile" => "Name another target.",
            "DataWouldBeLost" => "Read the message for the place; move the data, or give -Force where the cmdlet has it.",
            "ParentDataWouldShow" => "Read the message; convert the child into an image without parent, then try again.",
            "HasChildren" => "Merge or convert the children first. -Force goes on where the cmdlet has it, and the children are then worthless.",
            "NotEnoughSpace" => "Make room, or write to another volume.",
            "WrongType" => "Convert the image to the type that the message names.",
            "BlobAccessDenied" => "Get a new SAS with the permissions read, write and, for a new blob, create; the same command with it goes on where this one stopped.",
            "BlobNotFound" => "Check the URI. Of a managed disk, access must be granted and not yet revoked.",
            "BlobUnavailable" => "Check the connection and the state of the service; the same command goes on where this one stopped.",
            "BlobInUse" => "Wait until the other transfer ends, or end it; a lease that was left behind ends by itself within a minute.",
            "BlobExists" => "Name another blob, or give -Force to overwrite it.",
            "BlobChanged" => "Read from a snapshot, which does not change.",
            "BlobUnsuitable" => "Delete the blob or name another: a disk is a page blob that ends in the footer of a fixed image.",
            "BlobTooSmall" => "Make a managed disk with the upload size that the message names; -WhatIf says it beforehand as UploadSizeBytes.",
            "DiskTooLarge" => "Make the disk smaller with Resize-VpcImage, or send it to a managed disk, which may be larger than a blob.",
            "BlobRequestRefused" => "The message has the service's own code; its documents say what it means.",
            "BlobContentDiffers" => "Send it again with -Force and -Verify; where that differs too, check the memory of the machine.",
            "TransferStateDiffers" => "Give -Force to begin anew, or the source and the URI that the state file was begun with.",
            "TransferRecordDiffers" => "Name the parent that was received from that snapshot, or give -Force where you know that it is the right one.",
            "ImageInUse" => "Close the program, or shut down the virtual machine, that has the image open.",
            "PathNotFound" => "Check the path, and that relative paths start at the session's location. A name with brackets needs -LiteralPath.",
            "PathNotUsable" => "Name a path of the file system.",
            "AccessDenied" => "Check the permissions of the file and of its folder, and whether the medium is read-only.",
            "InvalidArgument" => "Read the message: it names the value and what can be given.",
            "DiskFull" => "Make room and try again. FAT32 ends files at 4 GiB.",
            "OpenFailed" or "IOError" => "The message holds what the system said.",
            "ReadFailed" => "Copy the file to a sound medium with a tool that goes on behind errors, then check the copy.",
            "WriteFailed" => "Check the medium and its connection, then the image.",
            "SetLengthFailed" => "Check the room on the volume and the limits of the file system.",
            "FlushFailed" => "Check the medium and its connection, then the image; do the command again.",
            "ReplaceFailed" => "Check that no program has the old file open, and the permissions of the folder.",
            "VerifyFailed" => "Check the medium, its connection and the memory of the machine, then try again.",
            _ => throw new ArgumentOutOfRangeException(nameof(id), id, "There is no such error."),
        };
}
