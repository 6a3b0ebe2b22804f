using VhdPS.Engine.Files;


namespace VhdPS.Engine.Vhdx;

/// <summary>A file that holds less than it did when it was opened.</summary>
internal static class ShortRead
{
    /// <summary>The error of a read that met the end of the file where there was none.</summary>
    public static ImageIOException At(ImageFile file, long fileOffset) => new(
        file.Path, ImageIOOperation.Read, fileOffset, new EndOfStreamException("the file has become shorter while it was read"));
}
