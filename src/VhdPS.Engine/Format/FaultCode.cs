namespace VhdPS.Engine.Format;

/// <summary>
/// Every fault that an image can have. A name states the violated fact; it is the code of a finding, the id of an error
/// record and the heading in the documentation.
/// </summary>
public enum FaultCode
{
    /// <summary>The file is too short to hold a footer.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The file is empty or was cut off; copy it again from its source.")]
    FileTooSmall,

    /// <summary>The path names a folder, pipe, socket or device.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Name a regular file.")]
    NotRegularFile,

    /// <summary>No footer cookie at either end.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Use a tool for the format that the file has; a raw disk must be named as raw.")]
    NotVhd,

    /// <summary>The cookie is "v_poison".</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "XenServer disabled this image on purpose; restore it there.")]
    FooterPoisoned,

    /// <summary>No valid footer at the end, but a valid copy at the front.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, "Run Repair-VpcImage, which writes the footer again from its copy.", IsRepairable = true)]
    FooterMissing,

    /// <summary>A valid footer at the end of a dynamic image, but no copy at the front.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, "Run Repair-VpcImage, which writes the copy again from the footer.", IsRepairable = true)]
    FooterCopyMissing,

    /// <summary>The stored checksum of a footer is not that of its bytes.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, "Run Repair-VpcImage; read with -Force where both footers are hurt.", IsRepairable = true)]
    FooterChecksumMismatch,

    /// <summary>The checksum of the footer is zero, as QEMU's driver of 2010 left it.</summary>
    [Fault(Severity.Note, FaultEffect.ReadOnly, "Run Repair-VpcImage, which computes the checksum.", IsRepairable = true)]
    FooterChecksumZero,

    /// <summary>Footer and copy are both valid and differ.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "The footer at the end holds; Repair-VpcImage makes the copy equal.", IsRepairable = true)]
    FootersDiffer,

    /// <summary>The footer has 511 bytes, as before Virtual PC 2004.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Repair-VpcImage makes it 512 bytes, which newer tools want.", IsRepairable = true)]
    FooterIs511Bytes,

    /// <summary>Bytes lie behind the footer.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, "Repair-VpcImage cuts them off.", IsRepairable = true)]
    TrailingBytes,

    /// <summary>The feature bit that must always be set is not.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Nothing needs to be done; few readers look.")]
    FeatureReservedBitClear,

    /// <summary>Feature bits are set that the specification does not know.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Find out which program made the image and what the bits mean to it.")]
    FeatureBitsUnknown,

    /// <summary>The file format version is not 1.x.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The image is of a version that no specification describes.")]
    FormatVersionUnsupported,

    /// <summary>The file format version is 1.x with x above 0.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Check the data; the minor version is not known.")]
    FormatVersionMinorUnknown,

    /// <summary>The disk type is not fixed, dynamic or differencing.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The type is one that the specification retired or never had.")]
    DiskTypeUnsupported,

    /// <summary>A dynamic image names no header, or a place that the file does not hold.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The footer is damaged; try Repair-VpcImage, which looks for the header.")]
    DataOffsetOutOfRange,

    /// <summary>A fixed image names a header.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Nothing needs to be done; the field means nothing in a fixed image.")]
    DataOffsetPresent,

    /// <summary>The virtual size is zero.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "The image holds no disk.")]
    SizeZero,

    /// <summary>The virtual size is more than any image can hold.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The footer is damaged; try -SizeRule, or compare with the copy.")]
    SizeTooLarge,

    /// <summary>The virtual size is no whole number of sectors.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "The last sector is filled up with zeros.")]
    SizeNotSectorAligned,

    /// <summary>The geometry addresses nothing.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Nothing needs to be done; the current size holds.")]
    GeometryZero,

    /// <summary>The geometry gives another size than the current size, so some readers see another disk.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Readers that go by the geometry see a smaller disk; -SizeRule chooses here.")]
    GeometrySizeDiffers,

    /// <summary>The original size differs from the current size, as after a resize.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Nothing needs to be done; libvhdi takes the original size for the disk's.")]
    OriginalSizeDiffers,

    /// <summary>The file is too short for a fixed disk of that size.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced, "The file was cut off; -Force reads zeros for what is missing.")]
    FixedDataTruncated,

    /// <summary>The file is longer than the fixed disk and its footer.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Bytes behind the disk are not shown; check the size with -SizeRule.")]
    FixedFileTooLong,

    /// <summary>A virtual machine's state is saved with the image.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Start and shut down the machine before the image is changed.")]
    SavedState,

    /// <summary>Reserved bytes are not zero.</summary>
    [Fault(Severity.Note, FaultEffect.None, "They are kept as they are; Xen uses one of them.")]
    ReservedBytesNotZero,

    /// <summary>The time stamp lies in the future.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Nothing needs to be done.")]
    TimeStampInFuture,

    /// <summary>The unique id is all zeros.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Give the image an id before it becomes a parent.", IsRepairable = true)]
    UniqueIdNull,

    /// <summary>The dynamic header's cookie is not "cxsparse".</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The header is damaged and has no copy; see about_VpcErrors for rescue.")]
    HeaderCookieMismatch,

    /// <summary>The dynamic header's checksum is not that of its bytes.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced, "Repair-VpcImage computes it anew if the fields are sound.", IsRepairable = true)]
    HeaderChecksumMismatch,

    /// <summary>The dynamic header's version is not 1.x.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The image is of a version that no specification describes.")]
    HeaderVersionUnsupported,

    /// <summary>The header's next offset is not absent.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Repair-VpcImage sets all its bits, which Microsoft's tools need.", IsRepairable = true)]
    NextOffsetPresent,

    /// <summary>The block size is no power of two of at least 512 and at most 256 MiB.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The header is damaged.")]
    BlockSizeUnsupported,

    /// <summary>The blocks are of less than 4096 bytes, and QEMU takes their bitmaps for data.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Convert-VpcImage -BlockSize 2MB before QEMU gets the image.")]
    BlockSizeMisread,

    /// <summary>The table has fewer entries than the disk has blocks.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The header or the footer is damaged; -SizeRule may give the size that fits.")]
    TableEntriesTooFew,

    /// <summary>The table has more entries than the disk has blocks.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Repair-VpcImage drops them; Azure refuses such an image.", IsRepairable = true)]
    TableEntriesTooMany,

    /// <summary>A table entry behind the disk's last block is in use.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "The disk may once have been larger; -SizeRule may show it. Its data is kept.")]
    TableEntryBeyondDisk,

    /// <summary>The table is larger than any that is opened.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Tables above 64 MiB are refused.")]
    TableTooLarge,

    /// <summary>The table does not lie in the file.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The header is damaged or the file was cut off.")]
    TablePastEnd,

    /// <summary>The table overlaps the footer copy or the header.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The header is damaged.")]
    TableOverlapsHeader,

    /// <summary>The table does not begin on a sector.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, "Convert the image into a new one.")]
    TableNotAligned,

    /// <summary>A table entry names a place where the file does not hold a whole block.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable, "The file was cut off or the table is damaged; Repair-VpcImage can drop the entry.", IsRepairable = true)]
    BatEntryPastEnd,

    /// <summary>A table entry names a place inside the headers, the table or a locator.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable, "The table is damaged; Repair-VpcImage can drop the entry.", IsRepairable = true)]
    BatEntryInStructure,

    /// <summary>Two table entries name the same place.</summary>
    [Fault(Severity.Error, FaultEffect.ReadOnly, "One of the two blocks has lost its data; Repair-VpcImage says what it can prove.", IsRepairable = true)]
    BatEntryDuplicate,

    /// <summary>Two blocks share a part of the file.</summary>
    [Fault(Severity.Error, FaultEffect.ReadOnly, "One of the two blocks has lost data; Repair-VpcImage says what it can prove.", IsRepairable = true)]
    BlocksOverlap,

    /// <summary>The last block in the file holds only the part of it that is in the disk.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Repair-VpcImage fills it up; QEMU refuses such an image.", IsRepairable = true)]
    LastBlockShort,

    /// <summary>Data that is not zero lies under a clear bit of a dynamic image's bitmap.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "The sectors read as zeros here and as data in QEMU; read with -IgnoreBitmap to see them.", IsRepairable = true)]
    BitmapStale,

    /// <summary>Bytes between the structures belong to no block.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Optimize-VpcImage gives the space back.")]
    SpaceLeaked,

    /// <summary>A locator's text is longer than any path.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "The locator is skipped; relink the image with Set-VpcImage -ParentPath.")]
    LocatorTooLong,

    /// <summary>A locator's text does not lie in the file.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "The locator is skipped; relink the image with Set-VpcImage -ParentPath.")]
    LocatorPastEnd,

    /// <summary>A locator's text overlaps the table or a block.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Relink the image with Set-VpcImage -ParentPath, which writes elsewhere.")]
    LocatorOverlaps,

    /// <summary>A locator's platform code is not one of the specification's.</summary>
    [Fault(Severity.Note, FaultEffect.None, "The locator is kept and not used.")]
    LocatorCodeUnknown,

    /// <summary>A differencing image has no parent's id, name or locator.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Relink the image with Set-VpcImage -ParentPath.")]
    ParentInformationMissing,

    /// <summary>A dynamic image names a parent, which only a differencing image has.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Nothing needs to be done; the parent is not read.")]
    ParentInformationUnexpected,

    /// <summary>Xen's batmap is damaged and is not used.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Nothing needs to be done; the bitmaps hold.")]
    BatmapInvalid,

    /// <summary>Xen's batmap says of a block that all its sectors are in it, and its bitmap says otherwise.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Xen takes sectors for written that are not; open and close the image there, or convert it.")]
    BatmapStale,

    /// <summary>No file was found for the parent.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Give -ParentPath or -ParentSearchPath, or relink the image with Set-VpcImage.")]
    ParentNotFound,

    /// <summary>The parent's unique id is not the one that the child stores.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "The file is another image or was changed; -IgnoreIdMismatch reads it all the same.")]
    ParentIdMismatch,

    /// <summary>The child stores no parent id.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Name the parent with -ParentPath and -IgnoreIdMismatch, or -RawParent for a raw one.")]
    ParentIdNull,

    /// <summary>An image is its own ancestor.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Relink the image with Set-VpcImage -ParentPath.")]
    ChainCycle,

    /// <summary>The chain has more levels than are followed.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Merge the chain; 1024 levels are followed.")]
    ChainTooDeep,

    /// <summary>An image of the chain cannot be read.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Look at the parent with Test-VpcImage.")]
    ParentDamaged,

    /// <summary>The parent was modified after the child was made, by the time stamps.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Nothing needs to be done if the parent's data was not changed; few writers keep these times.")]
    ParentTimeStampDiffers,

    /// <summary>Azure takes fixed images only.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Convert-VpcImage -For Azure makes an image that fits.")]
    AzureTypeNotFixed,

    /// <summary>Azure takes a disk of whole mebibytes only.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Resize-VpcImage -RoundUpTo 1MB, or Convert-VpcImage -For Azure.")]
    AzureSizeNotWholeMebibytes,

    /// <summary>Azure wants a file of exactly the disk's size and a footer.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Repair-VpcImage cuts what lies behind the footer; else Convert-VpcImage -For Azure.")]
    AzureFileLengthMismatch,

    /// <summary>Azure wants the footer's cookie at the start of the last 512 bytes.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Repair-VpcImage puts the footer in its place; a raw disk becomes an image by Convert-VpcImage -InPlace.")]
    AzureFooterNotAtEnd,

    /// <summary>The checksum of the last 512 bytes does not hold.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Repair-VpcImage, or Convert-VpcImage -For Azure.")]
    AzureFooterChecksumMismatch,

    /// <summary>Azure takes disks from 20 MiB to 32 TiB only.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Resize-VpcImage to a size that is allowed.")]
    AzureSizeOutOfRange,

    /// <summary>Azure goes by the current size, and the creator's geometry gives another size.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Convert-VpcImage -For Azure writes one size for all readers.")]
    AzureSizeSeenDiffers,

    /// <summary>Azure's tools refuse a dynamic source whose table has more entries than its disk has blocks.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Repair-VpcImage drops the extra entries.")]
    AzureTableEntriesTooMany,

    /// <summary>An operating system's disk of a first-generation machine has at most 2 TiB.</summary>
    [Fault(Severity.Note, FaultEffect.None, "The disk can be a data disk.")]
    AzureDiskTooLargeToBoot,

    /// <summary>A page blob ends at 8 TiB, the footer included; a managed disk may be larger.</summary>
    [Fault(Severity.Note, FaultEffect.None, "Send it to a managed disk.")]
    AzureDiskTooLargeForBlob,

    /// <summary>Hyper-V takes VHD disks up to 2040 GiB only.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Resize-VpcImage to at most 2040 GiB; larger disks are VHDX.")]
    HyperVSizeOutOfRange,

    /// <summary>Hyper-V knows blocks of 512 KiB and 2 MiB.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Convert-VpcImage -BlockSize 2MB.")]
    HyperVBlockSizeUnknown,

    /// <summary>Hyper-V refuses a file that is sparse or compressed.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Copy the file so that its holes are filled; on Windows, fsutil sparse setflag <file> 0.")]
    HyperVFileSparse,

    /// <summary>The file has holes, which Hyper-V refuses where they are kept on Windows.</summary>
    [Fault(Severity.Note, FaultEffect.None, "A plain copy to Windows fills the holes.")]
    HyperVFileHasHoles,

    /// <summary>Hyper-V needs both footers, whole, equal and at their places.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Repair-VpcImage.")]
    HyperVFooterUnsound,

    /// <summary>Hyper-V identifies disks by their unique id.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Set-VpcImage -UniqueId, or Repair-VpcImage.")]
    HyperVUniqueIdNull,

    /// <summary>Microsoft's tools need all bits of an absent offset set.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Repair-VpcImage sets them.")]
    HyperVNextOffsetPresent,

    /// <summary>The table has another number of entries than the disk has blocks.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Repair-VpcImage drops the extra entries.")]
    HyperVTableEntriesMismatch,

    /// <summary>Hyper-V goes by the current size, and the creator's geometry gives another size.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "Convert-VpcImage writes one size for all readers.")]
    HyperVSizeSeenDiffers,

    /// <summary>Virtual PC attaches disks up to the largest geometry only, 127 GiB.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Resize-VpcImage to at most 127 GiB.")]
    VirtualPcSizeOutOfRange,

    /// <summary>Virtual PC was made for blocks of 512 KiB and 2 MiB.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Convert-VpcImage -BlockSize 2MB.")]
    VirtualPcBlockSizeUnknown,

    /// <summary>Virtual PC goes by the geometry, and the current size differs.</summary>
    [Fault(Severity.Warning, FaultEffect.None, "New-VpcImage -Geometry Chs makes disks whose two sizes are equal.")]
    VirtualPcSizeSeenDiffers,

    /// <summary>Virtual PC needs both footers, whole, equal and at their places.</summary>
    [Fault(Severity.Error, FaultEffect.None, "Repair-VpcImage.")]
    VirtualPcFooterUnsound,

    /// <summary>A file is not the undo file of a repair, or is damaged.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable, "Name the file that Repair-VpcImage wrote; an unfinished one means that the image was not changed.")]
    UndoFileDamaged,
}
