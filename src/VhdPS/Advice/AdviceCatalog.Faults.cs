namespace VhdPS;

internal static partial class AdviceCatalog
{
    private const string OnlyForTarget = "Only the check for that target looks for it; the image can be read and written here.";

    /// <summary>The faults that an image can have, in the order of the engine's codes.</summary>
    internal static readonly Dictionary<string, Advice> Faults = new(StringComparer.Ordinal)
    {
        ["FileTooSmall"] = new(
            "The file is too short to hold a footer. An image has at least a footer of 511 or 512 bytes.",
            "The file is empty or was cut off; copy it again from its source."),
        ["NotRegularFile"] = new(
            "The path names a folder, pipe, socket or device.",
            "Name a regular file."),
        ["NotVhd"] = new(
            "No footer cookie at either end. A VHDX, a compressed file, an image of another format and a raw disk all look so; the " +
            "message names the format where the first bytes tell it.",
            "Use a tool for the format that the file has; a raw disk must be named as raw."),
        ["FooterPoisoned"] = new(
            "The cookie is \"v_poison\".",
            "XenServer disabled this image on purpose; restore it there."),
        ["FooterMissing"] = new(
            "No valid footer at the end, but a valid copy at the front. A program or system that ended in the middle of a write " +
            "leaves this, and so does a copy that was cut off; Xen also leaves it while an image is open.",
            "Run Repair-VpcImage, which writes the footer again from its copy.",
            Otherwise: "The file was cut off, or its header is damaged: copy it again from its source, or read what is there with " +
            "Convert-VpcImage -Salvage."),
        ["FooterCopyMissing"] = new(
            "A valid footer at the end of a dynamic image, but no copy at the front. Something wrote over the first sector of the " +
            "file.",
            "Run Repair-VpcImage, which writes the copy again from the footer."),
        ["FooterChecksumMismatch"] = new(
            "The stored checksum of a footer is not that of its bytes. A byte of the footer was changed, by damage or by a program " +
            "that did not compute the checksum again. While the other footer is right, it is used.",
            "Run Repair-VpcImage.",
            Otherwise: "Nothing proves which field is wrong: read the data with Convert-VpcImage -Salvage, and compare its size with the " +
            "source."),
        ["FooterChecksumZero"] = new(
            "The checksum of the footer is zero, as QEMU's driver of 2010 left it.",
            "Run Repair-VpcImage, which computes the checksum."),
        ["FootersDiffer"] = new(
            "Footer and copy are both valid and differ. A program changed one of the two and not the other.",
            "The footer at the end is authoritative; Repair-VpcImage makes the copy equal."),
        ["FooterIs511Bytes"] = new(
            "The footer has 511 bytes, as before Virtual PC 2004.",
            "Repair-VpcImage makes it 512 bytes, which newer tools want."),
        ["TrailingBytes"] = new(
            "Bytes lie after the footer. A copy to a medium with larger sectors, or a download, filled the file up.",
            "Repair-VpcImage cuts them off.",
            Otherwise: "Nothing needs to be done until the other faults are repaired; what the bytes are is not known."),
        ["FeatureReservedBitClear"] = new(
            "The feature bit that must always be set is not.",
            "Nothing needs to be done; few readers look."),
        ["FeatureBitsUnknown"] = new(
            "Feature bits are set that the specification does not know.",
            "Find out which program made the image and what the bits mean to it."),
        ["FormatVersionUnsupported"] = new(
            "The file format version is not 1.x.",
            "The image is of a version that no specification describes."),
        ["FormatVersionMinorUnknown"] = new(
            "The file format version is 1.x with x above 0.",
            "Check the data; the minor version is not known."),
        ["DiskTypeUnsupported"] = new(
            "The disk type is not fixed, dynamic or differencing.",
            "The type is one that the specification retired or never had."),
        ["DiskTypeAmbiguous"] = new(
            "The footer says that the disk is fixed, and the file holds a valid dynamic header and has not the length of a fixed disk. " +
            "Written as a fixed disk, its header would be overwritten.",
            "Read it with -Force, which goes by the header, and convert what is read into a new image; compare with the source."),
        ["DataOffsetOutOfRange"] = new(
            "A dynamic image names no header, or a place outside the file.",
            "The footer is damaged; try Repair-VpcImage, which looks for the header."),
        ["DataOffsetPresent"] = new(
            "A fixed image names a header.",
            "Nothing needs to be done; the field means nothing in a fixed image."),
        ["SizeZero"] = new(
            "The virtual size is zero.",
            "The image holds no disk."),
        ["SizeTooLarge"] = new(
            "The virtual size is more than any image can hold.",
            "The footer is damaged; try -SizeRule, or compare with the copy."),
        ["SizeNotSectorAligned"] = new(
            "The virtual size is not a whole number of sectors. Programs round such sizes differently.",
            "The last sector is filled up with zeros."),
        ["GeometryZero"] = new(
            "The geometry addresses nothing.",
            "Nothing needs to be done; the current size is valid."),
        ["GeometrySizeDiffers"] = new(
            "The geometry gives another size than the current size, so some readers see another disk. The geometry rounds down, so " +
            "this is usual for sizes that are no whole cylinders.",
            "Readers that go by the geometry see a smaller disk; -SizeRule chooses here."),
        ["OriginalSizeDiffers"] = new(
            "The original size differs from the current size, as after a resize.",
            "Nothing needs to be done; libvhdi takes the original size for the disk's."),
        ["FixedDataTruncated"] = new(
            "The file is too short for a fixed disk of that size. The footer promises more than the file holds.",
            "The file was cut off; -Force reads zeros for what is missing."),
        ["FixedFileTooLong"] = new(
            "The file is longer than the fixed disk and its footer.",
            "Bytes after the disk are not shown; check the size with -SizeRule."),
        ["SavedState"] = new(
            "A virtual machine's state is saved with the image. Changing the disk under a saved machine damages its file system " +
            "when it wakes.",
            "Start and shut down the machine before the image is changed."),
        ["ReservedBytesNotZero"] = new(
            "Reserved bytes are not zero.",
            "They are kept as they are; Xen uses one of them."),
        ["TimeStampInFuture"] = new(
            "The time stamp lies in the future.",
            "Nothing needs to be done."),
        ["UniqueIdNull"] = new(
            "The unique id is all zeros. QEMU's driver of 2010 wrote such ids.",
            "Run Repair-VpcImage, which gives it a random id; no child can name an image without one.",
            Otherwise: "Repair the other faults first; without an id no child can name the image."),
        ["HeaderCookieMismatch"] = new(
            "The dynamic header's cookie is not \"cxsparse\". Without the header it is not known where the table is and how large " +
            "the blocks are.",
            "Write the 1024 bytes of the header from an older copy of the same image into a copy of this one, if the image was not " +
            "resized or converted since; Repair-VpcImage says what it can prove."),
        ["HeaderChecksumMismatch"] = new(
            "The dynamic header's checksum is not that of its bytes. The header has no copy. Its fields are shown by Get-VpcImage " +
            "-Force.",
            "Run Repair-VpcImage, which computes it again: the fields are proven.",
            Otherwise: "Nothing proves which field is wrong, and there is no copy: read the data with Convert-VpcImage -Salvage and " +
            "compare, or write the header of an older copy of the same image into a copy of this one."),
        ["HeaderVersionUnsupported"] = new(
            "The dynamic header's version is not 1.x.",
            "The image is of a version that no specification describes."),
        ["NextOffsetPresent"] = new(
            "The header's next offset is not absent. QEMU's driver of 2010 set only the lower half of the bits.",
            "Repair-VpcImage sets all its bits, which Microsoft's tools need."),
        ["BlockSizeUnsupported"] = new(
            "The block size is not a power of two of at least 512 and at most 256 MiB.",
            "The header is damaged."),
        ["BlockSizeMisread"] = new(
            "The blocks are of less than 4096 bytes.",
            "Convert-VpcImage -BlockSize 2MB before QEMU gets the image.",
            "The specification allows it and VhdPS reads and writes them, but QEMU takes the bitmap of such a block for its data: " +
            "it reads other data than the image holds, and destroys it by writing."),
        ["TableEntriesTooFew"] = new(
            "The table has fewer entries than the disk has blocks. The end of the disk could not be written.",
            "The header or the footer is damaged; -SizeRule may give the size that fits. " +
            "Convert-VpcImage -Salvage reads the blocks that have entries."),
        ["TableEntriesTooMany"] = new(
            "The table has more entries than the disk has blocks: QEMU's driver of 2010 wrote one too many, " +
            "New-VpcImage -MaximumSize those to grow into.",
            "Azure and 7-Zip refuse such an image. Repair-VpcImage drops a single one.",
            Otherwise: "An extra entry is in use, another of the image's sizes needs it, or there are so many that they may be there " +
            "to grow into, so all stay; Convert-VpcImage makes an image without them."),
        ["TableEntryBeyondDisk"] = new(
            "A table entry past the disk's last block is in use.",
            "The disk may once have been larger; -SizeRule may show it. Its data is kept."),
        ["TableTooLarge"] = new(
            "The table is larger than any that is opened.",
            "Tables above 64 MiB are refused."),
        ["TablePastEnd"] = new(
            "The table does not lie in the file.",
            "The header is damaged or the file was cut off. Convert-VpcImage -Salvage reads the blocks whose entries are there."),
        ["TableOverlapsHeader"] = new(
            "The table overlaps the footer copy or the header.",
            "The header is damaged."),
        ["TableNotAligned"] = new(
            "The table does not begin on a sector.",
            "Convert the image into a new one."),
        ["BatEntryPastEnd"] = new(
            "A table entry names a place where the file has no whole block. Most often the file was cut off: the blocks at " +
            "its end are gone.",
            "Run Repair-VpcImage, which drops the entry where the file holds no block that it could have named; what is left of a " +
            "file that was cut off Convert-VpcImage -Salvage reads.",
            Otherwise: "The file was cut off, or the block lies elsewhere in it: copy the file again from its source, or read what is " +
            "there with Convert-VpcImage -Salvage."),
        ["BatEntryInStructure"] = new(
            "A table entry names a place inside the headers, the table or a locator. Data read there would be the image's own " +
            "structures.",
            "Run Repair-VpcImage, which drops the entry where the file holds no block that it could have named; what is left of a " +
            "file that was cut off Convert-VpcImage -Salvage reads.",
            Otherwise: "The block may lie elsewhere in the file: copy the file again from its source, or read what is there with " +
            "Convert-VpcImage -Salvage."),
        ["BatEntryDuplicate"] = new(
            "Two table entries name the same place. Both blocks show the same data, and at most one of them is right.",
            "Run Repair-VpcImage, which drops the entry that is proven wrong.",
            Otherwise: "Nothing proves which of the two blocks is right: read both with Convert-VpcImage -Salvage, and compare with the " +
            "source."),
        ["BlocksOverlap"] = new(
            "Two blocks share a part of the file. The later written one has overwritten a part of the other.",
            "Run Repair-VpcImage, which drops the entry that is proven wrong.",
            Otherwise: "Nothing proves which of the two blocks is right: read both with Convert-VpcImage -Salvage, and compare with the " +
            "source."),
        ["LastBlockShort"] = new(
            "The last block in the file holds only the part of it that is in the disk.",
            "Repair-VpcImage fills it up; QEMU refuses such an image.",
            Otherwise: "Repair the other faults first; the data can be read."),
        ["BitmapStale"] = new(
            "Data that is not zero lies under a clear bit of a dynamic image's bitmap. The writer of the image did not keep the " +
            "bitmaps, as some programs do.",
            "The sectors read as zeros here and as data in QEMU; read with -IgnoreBitmap to see them, and Repair-VpcImage sets their bits.",
            Otherwise: "The sectors read as zeros here; Xen leaves such remains, and they are not data. Nothing needs to be done."),
        ["SpaceLeaked"] = new(
            "Bytes between the structures belong to no block. A write that was interrupted, or a program that moved blocks, leaves " +
            "such space; it holds nothing of the disk.",
            "Optimize-VpcImage gives the space back."),
        ["BlockLost"] = new(
            "A block with a bitmap lies in the file and no table entry names it. A damaged table entry leaves one, and so does a write " +
            "that was interrupted, or space that another program gave up; its data may be data of the disk.",
            "Run Repair-VpcImage -RebuildTable, which names the block in the table again where its place proves which it is.",
            Otherwise: "Nothing proves which block of the disk it is: compare the disk with a backup. Optimize-VpcImage -DropLostBlock " +
            "drops it once nothing is missing."),
        ["LocatorTooLong"] = new(
            "A locator's text is longer than any path.",
            "The locator is skipped; relink the image with Set-VpcImage -ParentPath."),
        ["LocatorPastEnd"] = new(
            "A locator's text does not lie in the file.",
            "The locator is skipped; relink the image with Set-VpcImage -ParentPath."),
        ["LocatorOverlaps"] = new(
            "A locator's text overlaps the table or a block.",
            "Relink the image with Set-VpcImage -ParentPath, which writes elsewhere."),
        ["LocatorLengthOdd"] = new(
            "A locator's text is in UTF-16 and has an odd number of bytes. The last byte is left out.",
            "Nothing needs to be done where the parent is found; Set-VpcImage -ParentPath writes the locator again."),
        ["LocatorCodeUnknown"] = new(
            "A locator's platform code is not one of the specification's.",
            "The locator is kept and not used."),
        ["ParentInformationMissing"] = new(
            "A differencing image has no parent's id, name or locator.",
            "Relink the image with Set-VpcImage -ParentPath."),
        ["ParentInformationUnexpected"] = new(
            "A dynamic image names a parent, which only a differencing image has.",
            "Nothing needs to be done; the parent is not read."),
        ["BatmapInvalid"] = new(
            "Xen's batmap is damaged and is not used.",
            "Nothing needs to be done; the bitmaps are valid."),
        ["BatmapStale"] = new(
            "Xen's batmap says of a block that all its sectors are in it, and its bitmap says otherwise. Xen reads a block by the " +
            "batmap without looking at its bitmap.",
            "Xen takes sectors for written that are not; open and close the image there, or convert it."),
        ["ParentNotFound"] = new(
            "No file was found for the parent. The message lists every path that was tried. A path in an image is not trusted: only " +
            "files in the child's folder and in folders that you name are opened.",
            "Where the message says of the parent's path that it is not followed, give -FollowParentPath, or its folder as " +
            "-ParentSearchPath. Where the parent was moved, link the image to it with Set-VpcImage -ParentPath."),
        ["ParentIdMismatch"] = new(
            "The parent's unique id is not the one that the child stores. The parent may have been replaced, resized or converted " +
            "since the child was made: then the child's data does not fit it.",
            "The file is another image or was changed; -IgnoreIdMismatch reads it all the same."),
        ["ParentIdNull"] = new(
            "The child stores no parent id.",
            "Name the parent with -ParentPath and -IgnoreIdMismatch, or -RawParent for a raw one."),
        ["ChainCycle"] = new(
            "An image is its own ancestor. The files are compared, not only their names.",
            "Relink the image with Set-VpcImage -ParentPath."),
        ["ChainTooDeep"] = new(
            "The chain has more levels than are followed.",
            "Merge the chain; 1024 levels are followed."),
        ["ParentDamaged"] = new(
            "An image of the chain cannot be read. The child may be sound.",
            "Look at the parent with Test-VpcImage."),
        ["ParentTimeStampDiffers"] = new(
            "The parent was modified after the child was made, by the time stamps.",
            "Nothing needs to be done if the parent's data was not changed; few writers keep these times."),
        ["AzureTypeNotFixed"] = new(
            "Azure takes fixed images only.",
            "Convert-VpcImage -For Azure makes an image that fits.",
            OnlyForTarget),
        ["AzureSizeNotWholeMebibytes"] = new(
            "Azure takes a disk of whole mebibytes only.",
            "Resize-VpcImage -RoundUpTo 1MB, or Convert-VpcImage -For Azure.",
            OnlyForTarget),
        ["AzureFileLengthMismatch"] = new(
            "Azure wants a file of exactly the disk's size and a footer.",
            "Repair-VpcImage cuts what lies after the footer; else Convert-VpcImage -For Azure.",
            OnlyForTarget),
        ["AzureFooterNotAtEnd"] = new(
            "Azure wants the footer's cookie at the start of the last 512 bytes.",
            "Repair-VpcImage puts the footer in its place; a raw disk becomes an image by Convert-VpcImage -InPlace.",
            OnlyForTarget),
        ["AzureFooterChecksumMismatch"] = new(
            "The checksum of the last 512 bytes is not valid.",
            "Repair-VpcImage, or Convert-VpcImage -For Azure.",
            OnlyForTarget),
        ["AzureSizeOutOfRange"] = new(
            "Azure takes disks from 20 MiB to 32 TiB only.",
            "Resize-VpcImage to a size that is allowed.",
            OnlyForTarget),
        ["AzureSizeSeenDiffers"] = new(
            "Azure goes by the current size, and the creator's geometry gives another size.",
            "Convert-VpcImage -For Azure writes one size for all readers.",
            OnlyForTarget),
        ["AzureTableEntriesTooMany"] = new(
            "Azure's tools refuse a dynamic source whose table has more entries than its disk has blocks.",
            "Repair-VpcImage drops the extra entries.",
            OnlyForTarget),
        ["AzureDiskTooLargeToBoot"] = new(
            "An operating system's disk of a first-generation machine has at most 2 TiB.",
            "The disk can be a data disk.",
            OnlyForTarget),
        ["AzureDiskTooLargeForBlob"] = new(
            "A page blob ends at 8 TiB, the footer included; a managed disk may be larger.",
            "Send it to a managed disk.",
            OnlyForTarget),
        ["HyperVSizeOutOfRange"] = new(
            "Hyper-V takes VHD disks up to 2040 GiB only.",
            "Resize-VpcImage to at most 2040 GiB; larger disks are VHDX.",
            OnlyForTarget),
        ["HyperVBlockSizeUnknown"] = new(
            "Hyper-V knows blocks of 512 KiB and 2 MiB.",
            "Convert-VpcImage -BlockSize 2MB.",
            OnlyForTarget),
        ["HyperVFileSparse"] = new(
            "Hyper-V refuses a file that is sparse, compressed or encrypted.",
            "Copy the file so that its holes are filled; on Windows, fsutil sparse setflag FILE 0.",
            OnlyForTarget),
        ["HyperVFileHasHoles"] = new(
            "The file has holes, which Hyper-V refuses where they are kept on Windows.",
            "A plain copy to Windows fills the holes.",
            OnlyForTarget),
        ["HyperVFooterUnsound"] = new(
            "Hyper-V needs both footers, whole, equal and at their places.",
            "Repair-VpcImage.",
            OnlyForTarget),
        ["HyperVUniqueIdNull"] = new(
            "Hyper-V identifies disks by their unique id.",
            "Set-VpcImage -UniqueId, or Repair-VpcImage.",
            OnlyForTarget),
        ["HyperVNextOffsetPresent"] = new(
            "Microsoft's tools need all bits of an absent offset set.",
            "Repair-VpcImage sets them.",
            OnlyForTarget),
        ["HyperVTableEntriesMismatch"] = new(
            "The table has another number of entries than the disk has blocks.",
            "Repair-VpcImage drops the extra entries.",
            OnlyForTarget),
        ["HyperVSizeSeenDiffers"] = new(
            "Hyper-V goes by the current size, and the creator's geometry gives another size.",
            "Convert-VpcImage writes one size for all readers.",
            OnlyForTarget),
        ["VirtualPcSizeOutOfRange"] = new(
            "Virtual PC attaches disks up to the largest geometry only, 127 GiB.",
            "Resize-VpcImage to at most 127 GiB.",
            OnlyForTarget),
        ["VirtualPcBlockSizeUnknown"] = new(
            "Virtual PC was made for blocks of 512 KiB and 2 MiB.",
            "Convert-VpcImage -BlockSize 2MB.",
            OnlyForTarget),
        ["VirtualPcSizeSeenDiffers"] = new(
            "Virtual PC goes by the geometry, and the current size differs.",
            "New-VpcImage -Geometry Chs makes disks whose two sizes are equal.",
            OnlyForTarget),
        ["VirtualPcFooterUnsound"] = new(
            "Virtual PC needs both footers, whole, equal and at their places.",
            "Repair-VpcImage.",
            OnlyForTarget),
        ["UndoFileDamaged"] = new(
            "A file is not the undo file of a repair, or is damaged.",
            "Name the file that Repair-VpcImage wrote; an unfinished one means that the image was not changed.",
            "Nothing is undone, and the image stays as it is."),
        ["NotVhdx"] = new(
            "The file does not begin with \"vhdxfile\".",
            "Name a VHDX file, or copy it again from its source."),
        ["VhdxHeaderInvalid"] = new(
            "One of the two headers is damaged.",
            "Nothing needs to be done; the other header is used, and the next program that writes the file writes this one again."),
        ["VhdxHeadersInvalid"] = new(
            "Both headers are damaged, so that the state of the log is in doubt.",
            "Copy the file again from its source, or force the reading of it."),
        ["VhdxHeadersAmbiguous"] = new(
            "Both headers have the same sequence number and differ, so that neither is current.",
            "Copy the file again from its source, or force the reading of it with the first header."),
        ["VhdxVersionUnsupported"] = new(
            "The version of the format is not 1.",
            "The image is of a version that no specification describes."),
        ["VhdxDataWriteGuidNull"] = new(
            "The id that children store is all zeros.",
            "Nothing needs to be done; children cannot name the image."),
        ["VhdxReservedNotZero"] = new(
            "Reserved bits or bytes are not zero.",
            "Find out which program made the image; Hyper-V refuses some of these."),
        ["VhdxLogDirty"] = new(
            "The file was not closed, and changes wait in its log.",
            "Nothing needs to be done to read it; Hyper-V writes the log's changes into the file when it opens it next."),
        ["VhdxLogInvalid"] = new(
            "The header says that changes wait in the log, and the log has no valid entries.",
            "Copy the file again from its source; forced, it is read without what the log would have changed."),
        ["VhdxLogVersionUnsupported"] = new(
            "Changes wait in a log of a version that no specification describes.",
            "Let the program that made the image close it; forced, it is read without what the log would have changed."),
        ["VhdxLogTooLarge"] = new(
            "The log has more changes than are kept in memory.",
            "Let the program that made the image close it; forced, it is read without what the log would have changed."),
        ["VhdxLogMisplaced"] = new(
            "The log is not on whole MiB, is not in the file, or overlaps another structure.",
            "Nothing needs to be done to read it; convert the image before it is written to."),
        ["VhdxFileTruncated"] = new(
            "The file is shorter than its log says that it was.",
            "The file was cut off; copy it again from its source."),
        ["VhdxFileShorterThanLogged"] = new(
            "The file is shorter than it will be when the log's changes are written into it.",
            "Nothing needs to be done; the file is read as if it had the length that the log says."),
        ["VhdxRegionTableInvalid"] = new(
            "One of the two region tables is damaged.",
            "Nothing needs to be done to read it; the other region table is used."),
        ["VhdxRegionTablesInvalid"] = new(
            "Both region tables are damaged.",
            "Copy the file again from its source, or force the reading of it."),
        ["VhdxRegionTablesDiffer"] = new(
            "The two region tables differ.",
            "Nothing needs to be done to read it; the first is used."),
        ["VhdxRegionUnknown"] = new(
            "A region is of an unknown kind.",
            "Nothing needs to be done; whoever does not know the region may ignore it."),
        ["VhdxRegionUnknownRequired"] = new(
            "A region is of an unknown kind, and whoever does not know it must not open the file.",
            "Use the program that made the image."),
        ["VhdxRegionMissing"] = new(
            "The region table does not name the block allocation table or the metadata.",
            "The file is damaged; copy it again from its source."),
        ["VhdxRegionDuplicate"] = new(
            "The region table names a region twice.",
            "The file is damaged; copy it again from its source."),
        ["VhdxRegionMisplaced"] = new(
            "A region is not on whole MiB, is larger than any, or is not in the file.",
            "The file was cut off or is damaged; copy it again from its source."),
        ["VhdxRegionsOverlap"] = new(
            "Two regions share bytes.",
            "The file is damaged; copy it again from its source."),
        ["VhdxMetadataInvalid"] = new(
            "There is no metadata table where the region table says.",
            "The file is damaged; copy it again from its source."),
        ["VhdxMetadataItemMissing"] = new(
            "A metadata item is missing that every image has.",
            "The file is damaged; copy it again from its source."),
        ["VhdxMetadataItemDuplicate"] = new(
            "A metadata item is there twice.",
            "The file is damaged; copy it again from its source."),
        ["VhdxMetadataItemMisplaced"] = new(
            "A metadata item does not lie in the metadata region, or overlaps another.",
            "The file is damaged; copy it again from its source."),
        ["VhdxMetadataItemInvalid"] = new(
            "A metadata item has another length than its kind.",
            "The file is damaged; copy it again from its source."),
        ["VhdxMetadataItemUnknown"] = new(
            "A metadata item is of an unknown kind.",
            "Nothing needs to be done; whoever does not know the item may ignore it."),
        ["VhdxMetadataItemUnknownRequired"] = new(
            "A metadata item is of an unknown kind, and whoever does not know it must not open the file.",
            "Use the program that made the image."),
        ["VhdxMetadataUserItemRequired"] = new(
            "A user's metadata item is marked as one that every reader must know.",
            "Use the program that made the image."),
        ["VhdxMetadataFlagsMismatch"] = new(
            "A metadata item is not marked as its kind is.",
            "Nothing needs to be done to read it; Hyper-V refuses such an image."),
        ["VhdxMetadataTooLarge"] = new(
            "There are more or larger metadata items than the format allows.",
            "Nothing needs to be done to read it; Hyper-V refuses such an image."),
        ["VhdxFileUnfinished"] = new(
            "The file says that its making was not completed.",
            "Make the image again."),
        ["VhdxBlockSizeUnsupported"] = new(
            "The block size is not a power of two from 1 to 256 MiB.",
            "The metadata is damaged."),
        ["VhdxSectorSizeUnsupported"] = new(
            "A sector size is neither 512 nor 4096.",
            "The metadata is damaged."),
        ["VhdxSizeZero"] = new(
            "The virtual size is zero.",
            "The image holds no disk."),
        ["VhdxSizeTooLarge"] = new(
            "The virtual size is more than 64 TiB.",
            "The metadata is damaged."),
        ["VhdxSizeNotSectorAligned"] = new(
            "The virtual size is not a whole number of logical sectors.",
            "The last sector is filled up with zeros."),
        ["VhdxTableTooSmall"] = new(
            "The block allocation table has fewer entries than the disk needs.",
            "The metadata or the region table is damaged."),
        ["VhdxBlockStateInvalid"] = new(
            "A table entry has a state that a payload block cannot have.",
            "The table is damaged; the blocks that it names so cannot be read."),
        ["VhdxBlockStateOfDraft"] = new(
            "A table entry has a state that only a draft of the format had.",
            "Nothing needs to be done; the block reads as zeros."),
        ["VhdxBlockPastEnd"] = new(
            "A table entry names a place where the file has no whole block.",
            "The file was cut off or the table is damaged; copy the file again from its source."),
        ["VhdxBlockInStructure"] = new(
            "A table entry names a place inside the headers, the log or a region.",
            "The table is damaged; the blocks that it names so cannot be read."),
        ["VhdxBlocksOverlap"] = new(
            "Two blocks share a part of the file.",
            "One of the blocks has lost its data; compare with a backup."),
        ["VhdxLastBlockShort"] = new(
            "The last block in the file holds only the part of it that is in the disk.",
            "Nothing needs to be done to read it; convert the image before it is written to."),
        ["VhdxBlockNotAllocated"] = new(
            "A block of a fixed image is not in the file.",
            "Nothing needs to be done; the block reads as zeros."),
        ["VhdxBitmapStateInvalid"] = new(
            "A table entry has a state that a bitmap block cannot have.",
            "The table is damaged; the partially present blocks of the chunk cannot be read."),
        ["VhdxBitmapMissing"] = new(
            "A block is partially present, and its chunk has no bitmap block.",
            "The table is damaged; the partially present blocks of the chunk cannot be read."),
        ["VhdxBitmapUnexpected"] = new(
            "An image without a parent has a bitmap block.",
            "Nothing needs to be done; the bitmap is not used."),
        ["VhdxSpaceUnused"] = new(
            "Parts of the file belong to no structure and no block.",
            "Convert the image into a new one, which gives the space back."),
        ["VhdxFileTooLong"] = new(
            "The file is longer than any disk needs; blocks past 128 TiB were not searched for overlaps.",
            "Find out what made the file so long."),
        ["VhdxLocatorMissing"] = new(
            "A differencing image does not say where its parent is.",
            "Name the parent when the image is read."),
        ["VhdxLocatorInvalid"] = new(
            "The parent locator is damaged.",
            "Name the parent when the image is read."),
        ["VhdxLocatorUnexpected"] = new(
            "An image without a parent has a parent locator.",
            "Nothing needs to be done; the parent is not read."),
        ["VhdxLinkageMissing"] = new(
            "The parent locator does not say which image is the parent.",
            "Name the parent when the image is read; that it is the right one cannot be proved."),
        ["VhdxInsteadOfVhd"] = new(
            "The file is a VHDX image where only a VHD can be used.",
            "VHDX images are read, checked, compared, converted and made new, and never changed in place: convert it to a VHD first, "
                + "with Convert-VpcImage."),
        ["VhdxOrVhdAmbiguous"] = new(
            "The file begins as a VHDX image, ends as a VHD, and has the extension of neither. What a guest writes to its first or last "
                + "sector can look like that.",
            "Give the file the extension .vhd or .vhdx, whichever it was made as."),
        ["PartitionTableInvalid"] = new(
            "The partition table of the disk has a fault, which the message names: a checksum of a GPT that is not that of its bytes, a "
                + "backup that is not at the end of the disk, partitions that overlap or that reach past the end. The table is data of the "
                + "guest; the image is valid all the same. Only Test-VpcImage -Full looks for it.",
            "Repair the table with the guest's own program, such as sgdisk, in a copy of the image. A backup that is not at the end "
                + "was left there when the disk was made larger without its table."),
        ["PartitionTableUnusual"] = new(
            "Something about the partition table of the disk is worth knowing, and no fault: a partition does not begin on a whole MiB, a "
                + "master boot record describes partitions beside a GPT, or the table is of a kind that is not read. Only Test-VpcImage "
                + "-Full looks for it.",
            "Nothing needs to be done; a partition that is not aligned may be slow on media with large sectors."),
        ["FileSystemInvalid"] = new(
            "A file system on the disk has a fault, which the message names: by its own first structure it is larger than its partition, "
                + "the checksum of that structure is wrong, or the partition begins with the signatures of two file systems. It is data of "
                + "the guest; the image is valid all the same. Only Test-VpcImage -Full looks for it.",
            "A file system that is larger than its partition was cut off when the disk or the partition was made smaller: do not mount it "
                + "for writing, take the image from before. For the rest run the guest's own check, such as e2fsck or chkdsk, in a copy."),
    };
}
