using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>
/// What to do about an error, by its id: the faults' is in their catalogue, that of all others here, as about_VpcErrors has it.
/// </summary>
internal static class ErrorAdvice
{
    /// <summary>The advice for an error id.</summary>
    public static string For(string id) =>
        Enum.TryParse(id, out FaultCode code) ? FaultCatalog.Of(code).Action : id switch
        {
            "OpenedForReading" => "Open it for writing. No cmdlet does this; it is for callers of the engine.",
            "EarlierWriteFailed" => "Remove the cause (a full disk, a lost connection), run the command again, and check the image.",
            "ImageFull" => "Convert the image into a fixed one, or a smaller disk.",
            "TargetExists" =>
                "Give another name, or -Force to replace it where the cmdlet has it. "
                + "An undo file is never replaced: -Backup names another.",
            "StateSaved" => "Start the machine and shut it down, then try again. -Force goes on where the cmdlet has it.",
            "SameFile" => "Name another target.",
            "DataWouldBeLost" => "Read the message for the place; move the data, or give -Force where the cmdlet has it.",
            "ParentDataWouldShow" => "Read the message; convert the child into an image without parent, then try again.",
            "HasChildren" =>
                "Merge or convert the children first. -Force goes on where the cmdlet has it, and the children are then worthless.",
            "NotEnoughSpace" => "Make room, or write to another volume.",
            "WrongType" => "Convert the image to the type that the message names.",
            "ImageInUse" => "Close the program, or shut down the virtual machine, that has the image open.",
            "PathNotFound" =>
                "Check the path, and that relative paths start at the session's location. A name with brackets needs -LiteralPath.",
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
