namespace VhdPS.Engine.Disks;

/// <summary>What a file is to be read as. A raw disk is never taken for an image nor an image for a raw disk: a guest can write either.</summary>
public enum SourceFormat
{
    /// <summary>A Virtual PC / Hyper-V image.</summary>
    Vhd,

    /// <summary>The bytes of the disk and nothing else.</summary>
    Raw,
}
