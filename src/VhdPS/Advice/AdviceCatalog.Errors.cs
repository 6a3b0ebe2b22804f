namespace VhdPS;

internal static partial class AdviceCatalog
{
    /// <summary>Errors of operations, then those of files and the system.</summary>
    internal static readonly Dictionary<string, Advice> Errors = new(StringComparer.Ordinal)
    {
        ["OpenedForReading"] = new(
            "A write was asked of an image that was opened for reading.",
            "Open it for writing. No cmdlet does this; it is for callers of the engine."),
        ["EarlierWriteFailed"] = new(
            "An earlier write or sync failed, and what is on the medium is not known. The open image takes no more writes.",
            "Remove the cause (a full disk, a lost connection), run the command again, and check the image."),
        ["ImageFull"] = new(
            "A table entry cannot name a place beyond 2 TiB, so the file can hold no more blocks. Nothing was written.",
            "Convert the image into a fixed one, or a smaller disk."),
        ["TargetExists"] = new(
            "The target exists already and was left as it is.",
            "Give another name, or -Force to replace it where the cmdlet has it."),
        ["UndoFileExists"] = new(
            "The undo file of an earlier repair exists already. It may be the only way back, so it is never replaced. Nothing was changed.",
            "Name another undo file, or a folder for them, with -Backup."),
        ["StateSaved"] = new(
            "A machine's state is saved with the image; changing the disk now damages its file system when the machine wakes.",
            "Start the machine and shut it down, then try again. -Force continues where the cmdlet has it."),
        ["SameFile"] = new(
            "Source and target are one file, by link or by another spelling of its name.",
            "Name another target."),
        ["DataWouldBeLost"] = new(
            "What was asked would cut off or overwrite data. Nothing was changed.",
            "Move the data away from the place that the message names, or give -Force where the cmdlet has it."),
        ["ParentDataWouldShow"] = new(
            "Data of the parent would be seen in the child where there was none before. Nothing was changed.",
            "Convert the child into an image without parent, then try again."),
        ["HasChildren"] = new(
            "Other images depend on this one, and their data would change under them.",
            "Merge or convert the children first. -Force continues where the cmdlet has it, and the children are then worthless."),
        ["NotEnoughSpace"] = new(
            "The volume has not enough free space for the result, or its file system (FAT) holds no file of that length. Nothing " +
            "was written.",
            "Free some space, or write to another volume."),
        ["WrongType"] = new(
            "The kind of image does not allow what was asked.",
            "Convert the image to the type that the message names."),
        ["HardLinked"] = new(
            "The file has more than one name (hard links). A new file would take the place of one of them, and the others would keep " +
            "the old content. Nothing was changed.",
            "Change the image in place (-InPlace, where the cmdlet has it), or remove the other names."),
        ["OwnerNotKept"] = new(
            "A new file would take the image's place, and could not be given its owner, group or access list, so that others may no " +
            "longer open it. Nothing was changed.",
            "Change the image in place (-InPlace, where the cmdlet has it), run as the owner or as administrator, or give -Force."),
        ["LostBlocksPresent"] = new(
            "Blocks with data lie in the file that no table entry names. Damage to the table leaves them, and so does a write that was " +
            "interrupted; which of the two it was the file does not say. Nothing was changed.",
            "Run Test-VpcImage, and Repair-VpcImage -RebuildTable where it names that; once the disk's content is known to be whole, " +
            "Optimize-VpcImage -DropLostBlock gives their space back."),
        ["DeviceInUse"] = new(
            "The device, or a part of it, is mounted for writing or belongs to a volume in use, so that it would change while it is read.",
            "Unmount it, or mount it for reading only; better still, read a snapshot. -Force reads it all the same, and what is read may "
            + "never have been on it at one time."),
        ["ManifestMismatch"] = new(
            "The hashes are not those of the image as it is now: they are of another image, or a file of it was changed, or copied "
            + "without its time, since they were made. Nothing was written.",
            "Leave -FromManifest out, which reads the parent, or make the manifest again by Get-VpcHash -BlockManifest."),
        ["ImageInUse"] = new(
            "Another program, or another command of this session, has the image open in a way that rules this out. Reading shares; " +
            "writing is exclusive.",
            "Close the program, or shut down the virtual machine, that has the image open."),
        ["PathNotFound"] = new(
            "There is no such file, folder or drive.",
            "Check the path, and that relative paths start at the session's location. A name with brackets needs -LiteralPath."),
        ["PathNotUsable"] = new(
            "The path's provider or drive cannot give files.",
            "Name a path of the file system."),
        ["AccessDenied"] = new(
            "The system does not let you open the file or make one in the folder.",
            "Check the permissions of the file and of its folder, and whether the medium is read-only."),
        ["InvalidArgument"] = new(
            "A value given to the cmdlet is out of its range, or does not go with another: the message names it.",
            $"Get-Help {CommandPlaceholder} -Parameter * says what each parameter takes; the message names the value that does not fit."),
        ["DiskFull"] = new(
            "The volume is full, or a limit of the file system or your quota is reached. A new image is removed again; an image " +
            "that was being written opens and has what was promised before.",
            "Free some space and try again. FAT32 ends files at 4 GiB."),
        ["OpenFailed"] = new(
            "The system could not open or make the file.",
            "Check that the volume is there and takes such a name; the system's own words end the message."),
        ["ReadFailed"] = new(
            "The medium did not give bytes that the file holds, at the offset in the message.",
            "Convert-VpcImage -Salvage reads what can be read and lists what is lost; or copy the file to a sound medium with a tool that "
            + "continues after errors, then check the copy."),
        ["WriteFailed"] = new(
            "The medium did not take bytes, at the offset in the message.",
            "Check the medium and its connection, then the image."),
        ["SetLengthFailed"] = new(
            "The file could not be made longer or shorter.",
            "Check the free space of the volume and the limits of the file system."),
        ["FlushFailed"] = new(
            "The medium did not confirm that it has what was written. Take everything since the last command as not written.",
            "Check the medium and its connection, then the image; do the command again."),
        ["ReplaceFailed"] = new(
            "The complete new file could not be put in the place of the old one, which stays.",
            "Check that no program has the old file open, and the permissions of the folder. Where the message names a finished file, give "
            + "it its name by Move-Item when the other program has ended."),
        ["VerifyFailed"] = new(
            "What was read back from a new file is not what was written, at the offset in the message. The new file is removed " +
            "again; the source is as it was.",
            "Check the medium, its connection and the memory of the machine, then try again."),
        ["DeleteFailed"] = new(
            "A file that is of no more use could not be deleted; what was asked is done otherwise.",
            "Check the permissions of the folder, and delete the file by hand."),
        ["IOError"] = new(
            "The system reported another error for a file.",
            "Check the device and its connection; the system's own words end the message."),
        ["BlobAccessDenied"] = new(
            "The service did not let a request through: the SAS has expired, is not valid, was revoked, or lacks a permission. In " +
            "the middle of a transfer what was transferred is kept.",
            "Get a new SAS with the permissions read, write and, for a new blob, create; the same command with it continues where " +
            "this one stopped."),
        ["BlobNotFound"] = new(
            "There is no blob at the URI.",
            "Check the URI. Of a managed disk, access must be granted and not yet revoked."),
        ["BlobUnavailable"] = new(
            "The service was busy or could not be reached, and stayed so through all tries of about three minutes.",
            "Check the connection and the state of the service; the same command continues where this one stopped."),
        ["BlobInUse"] = new(
            "Someone else holds a lease on the blob, or another process transfers by the same state file.",
            "Wait until the other transfer ends, or end it; a lease that was left behind ends by itself within a minute."),
        ["BlobExists"] = new(
            "There is a blob at the URI that no state file names.",
            "Name another blob, or give -Force to overwrite it."),
        ["BlobChanged"] = new(
            "The blob was changed while it was read: what was received of it is of two versions. No file was made.",
            "Read from a snapshot, which does not change."),
        ["BlobUnsuitable"] = new(
            "The blob is no page blob, or it holds no fixed image.",
            "Delete the blob or name another: a disk is a page blob that ends in the footer of a fixed image."),
        ["BlobTooSmall"] = new(
            "The managed disk is smaller than the disk that is to be sent with its footer. The message has both numbers; nothing " +
            "was sent.",
            "Make a managed disk with the upload size that the message names; -WhatIf says it beforehand as UploadSizeBytes."),
        ["DiskTooLarge"] = new(
            "A page blob ends at 8 TiB, the footer included, and a managed disk at 32,767 GiB. Nothing was sent.",
            "Make the disk smaller with Resize-VpcImage, or send it to a managed disk, which may be larger than a blob."),
        ["BlobRequestRefused"] = new(
            "The service refused a request for a reason that has no heading here, or its answer makes no sense.",
            "The message has the service's own code; its documents say what it means."),
        ["BlobContentDiffers"] = new(
            "What was read back is not what was sent. The footer was not written, so that the disk does not look whole.",
            "Send it again with -Force and -Verify; where that differs too, check the memory of the machine."),
        ["TransferStateDiffers"] = new(
            "The source was changed since a transfer of it began, or the state file is of another source or target.",
            "Give -Force to begin again, or the source and the URI that the state file was begun with."),
        ["TransferRecordDiffers"] = new(
            "The record beside a parent is missing or names another snapshot than the one that changes are asked since, or the " +
            "parent was changed since it was received.",
            "Name the parent that was received from that snapshot, or give -Force where you know that it is the right one."),
        ["NbdInvalidUri"] = new(
            "The address of an NBD export is not well formed.",
            "Write nbd://host:port/name or nbd+unix:///name?socket=path; the message says which part is wrong."),
        ["NbdUnreachable"] = new(
            "No NBD server answers at the address.",
            "Check that the server runs, the address and, between machines, the firewall."),
        ["NbdExportNotFound"] = new(
            "The NBD server has no export of that name.",
            "List its exports, for example with nbdinfo --list, and name one of them after the last slash of the address."),
        ["NbdRefused"] = new(
            "The NBD server refuses, or cannot do, what is needed to read from it.",
            "Look into the log of the server; its own words end the message."),
        ["NbdEncryptionRequired"] = new(
            "The NBD server speaks only after encryption has begun.",
            "Write nbds:// or nbds+unix:// in place of nbd:// or nbd+unix://."),
        ["NbdEncryptionFailed"] = new(
            "The connection to the NBD server was to be encrypted and cannot be: it offers no encryption, or none that both know.",
            "Check that the server has a certificate; without one the address begins with nbd:// or nbd+unix://."),
        ["NbdCertificateNotTrusted"] = new(
            "The NBD server's certificate is of no authority that is trusted, has expired, or names another host.",
            "Name the authority with -TrustedCA where the cmdlet has it, and address the server by the name in its certificate."),
        ["NbdProtocolViolation"] = new(
            "What answers at the address is no NBD server, or departs from the protocol. Nothing that it sent was used.",
            "Check the address and the port; the message has what was expected and what was found."),
        ["NbdConnectionLost"] = new(
            "The connection to the NBD server ended in the middle of a message, and could not be made again.",
            "Check that the server still runs and the connection to it, then try again."),
        ["NbdTimedOut"] = new(
            "The NBD server did not answer in time.",
            "Check that the server is not stopped or overloaded, and the connection to it, then try again."),
        ["NbdRequestFailed"] = new(
            "The NBD server could not read a range of the disk, and said so. The message has the place.",
            "Look for the cause on the server's side: a damaged image, or a missing parent."),
        ["NbdExportChanged"] = new(
            "The connection was made again, and the export's size or abilities are not what they were. Nothing that was read is used.",
            "Try again when nothing changes the export."),
        ["NbdAddressUnavailable"] = new(
            "The address that is to be listened at is in use, is not this machine's, or the path of the socket is too long.",
            "Name another -Port, -Address or -Socket; -Port 0 takes a free port, and a socket's path has about 100 bytes at most."),
    };
}
